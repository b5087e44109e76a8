//! How somebody is shown: a picture and little labels.

use puzi_shop::followers::{Face, Picture};

use crate::admin::resource::Markup;

/// Labels that a list shows of one person.
const MOST: usize = 3;

/// The picture of the follower `id`. It says nothing that the name beside it does not.
pub(crate) fn picture(id: i64, face: &Face) -> Markup {
    match &face.picture {
        Picture::Kept(_) => {
            let source = format!("/admin/followers/{id}/picture");
            Markup::void("img", &[("class", "face"), ("src", &source), ("alt", ""), ("loading", "lazy")])
        }
        Picture::Made { colour, sign } => {
            // Closed: in a drawing, what is left open takes the rest into itself.
            let attributes = [("cx", "20"), ("cy", "20"), ("r", "20"), ("fill", *colour)];
            let disc = Markup::tag("circle", &attributes, Markup::default());
            let place = [("x", "20"), ("y", "20.5"), ("text-anchor", "middle"), ("dominant-baseline", "central")];
            let size = if sign.chars().count() > 1 { "15" } else { "18" };
            let attributes: Vec<_> =
                place.into_iter().chain([("font-size", size), ("font-weight", "600"), ("fill", "#fff")]).collect();
            let text = Markup::tag("text", &attributes, Markup::text(sign));
            let attributes =
                [("class", "face"), ("viewBox", "0 0 40 40"), ("aria-hidden", "true"), ("focusable", "false")];
            Markup::tag("svg", &attributes, disc.and(text))
        }
    }
}

/// Tags by name: the first few, and how many more there are.
pub(super) fn tags(names: &[String]) -> Markup {
    let shown = names
        .iter()
        .take(MOST)
        .fold(Markup::default(), |html, name| html.and(Markup::tag("span", &[("class", "badge")], Markup::text(name))));
    let more = names.len().saturating_sub(MOST);
    let more = match more {
        0 => Markup::default(),
        more => {
            let rest = names[MOST..].join(" · ");
            Markup::tag("span", &[("class", "badge"), ("title", &rest)], Markup::text(&format!("+{more}")))
        }
    };
    if names.is_empty() {
        return Markup::default();
    }
    Markup::tag("span", &[("class", "tag-row")], shown.and(more))
}
