//! Saved views of a list, and choices that are searched for while one types.

use axum::{Json, response::IntoResponse};
use puzi_resource::{Error, ListQuery};

use super::{
    address::{self, Asked},
    filters,
    visit::{Visit, failure, said},
};
use crate::admin::{
    error::{Answer, Failure},
    form::Form,
    toast::{Toast, redirect_with},
};

/// `POST /admin/{resource}/views`: keeps what the list shows under a name.
pub(super) async fn save(visit: Visit, form: Form) -> Answer {
    let query = Asked::read(form.value("query")).to_keep();
    let path = query.on(&visit.face.path());
    let name = form.trimmed("name");
    let kept = ListQuery::from_pairs(query.pairs()).map_err(failure)?;
    match visit.engine().save_view(visit.resource(), &visit.actor(), &name, &kept, form.has("shared")).await {
        Ok(_) => Ok(redirect_with(
            &visit.desk,
            &path,
            &Toast::done(visit.desk.ta("resource.views.saved", &[("name", name)])),
        )),
        Err(error @ Error::Invalid(_)) => {
            let text = said(&visit.texts(), visit.resource(), &error);
            Ok(redirect_with(&visit.desk, &path, &Toast::error(text)))
        }
        Err(error) => visit.refused(error, &path),
    }
}

/// `POST /admin/{resource}/views/{id}/delete`
pub(super) async fn delete(visit: Visit, form: Form) -> Answer {
    visit.engine().delete_view(visit.resource(), &visit.actor(), visit.id()?).await.map_err(failure)?;
    let back = address::back(form.value("_back")).map_or_else(|| visit.face.path(), str::to_owned);
    Ok(redirect_with(&visit.desk, &back, &Toast::done(visit.desk.t("resource.views.deleted"))))
}

/// `GET /admin/{resource}/options/{field}?q=`
pub(super) async fn options(visit: Visit) -> Answer {
    let resource = visit.resource();
    let field = resource.find(visit.param("field")).ok_or_else(Failure::not_found)?;
    let words = address::of_query(&visit.query, "q").unwrap_or_default();
    let found = visit.engine().options(resource, &visit.actor(), field.name, &words).await.map_err(failure)?;
    Ok(Json(filters::options_json(&visit.texts(), resource, field, found)).into_response())
}
