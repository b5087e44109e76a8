//! What staff send is sent once, or a person decides.

use super::*;

#[tokio::test]
async fn the_same_form_sends_once_however_often_it_arrives() {
    let world = World::new().await;
    world.wechat_says(answer(json!({"errcode": 0}))).await;
    let chat = world.somebody_wrote().await;
    let (a, b, c) =
        tokio::join!(world.text(chat, "您好", "f1"), world.text(chat, "您好", "f1"), world.text(chat, "您好", "f1"));
    let id = a.unwrap();
    assert_eq!((b.unwrap(), c.unwrap()), (id, id));
    assert_eq!(
        key_of(world.text(chat, "别的话", "f1").await.unwrap_err()),
        "inbox.problem.form",
        "not silently dropped"
    );
    let (stop, runner) = world.jobs();
    world.until_state(chat, id, SendState::Sent).await;
    stop.cancel();
    runner.await.unwrap();
    assert_eq!(world.told().await, 1);
    let chat = world.only().await;
    assert_eq!((chat.said_used, chat.assigned_id, chat.waiting_since), (1, Some(1), None));
    assert_eq!(world.number("SELECT COUNT(*) AS n FROM jobs").await, 0);
}

#[tokio::test]
async fn two_who_send_at_once_cannot_both_have_the_last_message() {
    let world = World::new().await;
    let chat = world.somebody_wrote().await;
    for n in 0..4 {
        world.text(chat, "一", &format!("f{n}")).await.unwrap();
    }
    let (a, b) = tokio::join!(world.text(chat, "二", "fa"), world.text(chat, "三", "fb"));
    let refused = [a, b].into_iter().filter_map(Result::err).map(key_of).collect::<Vec<_>>();
    assert_eq!(refused, ["inbox.problem.window_spent"]);
    assert_eq!(world.number("SELECT COUNT(*) AS n FROM outgoing").await, 5, "the refused one left nothing");
    assert_eq!(world.number("SELECT COUNT(*) AS n FROM jobs").await, 5);
}

#[tokio::test]
async fn nothing_is_sent_outside_the_window() {
    let world = World::new().await;
    world.store(1, OPENID, "text", now_ms() - 48 * 3_600_000).await;
    world.project().await;
    let chat = world.only().await.id;
    assert_eq!(key_of(world.text(chat, "您好", "f").await.unwrap_err()), "inbox.problem.window_over");
    for bad in ["", "  \n", &"长".repeat(683)] {
        let key = key_of(world.text(chat, bad, "g").await.unwrap_err());
        assert!(key.starts_with("inbox.problem.text_"), "{key}");
    }
    assert!(matches!(world.text(chat + 1, "您好", "f").await, Err(Error::NotFound)));
    assert_eq!(world.number("SELECT COUNT(*) AS n FROM outgoing").await, 0);
}

#[tokio::test]
async fn a_window_that_closed_at_the_last_moment_is_told_and_the_message_can_be_sent_again() {
    let world = World::new().await;
    Mock::given(path(SEND)).respond_with(refusal(45015)).up_to_n_times(1).mount(&world.wechat).await;
    world.wechat_says(answer(json!({"errcode": 0}))).await;
    let chat = world.somebody_wrote().await;
    let id = world.text(chat, "您好", "f").await.unwrap();
    let (stop, runner) = world.jobs();
    let failed = world.until_state(chat, id, SendState::Failed).await;
    assert_eq!(failed.errcode, Some(45015));
    assert_eq!(world.only().await.said_used, 0, "what WeChat refused was not used");
    world.seen().retry(chat, id).await.unwrap();
    world.until_state(chat, id, SendState::Sent).await;
    assert!(matches!(world.seen().retry(chat, id).await, Err(Error::NotFound)), "what was sent is not sent again");
    stop.cancel();
    runner.await.unwrap();
    assert_eq!(world.told().await, 2);
}

#[tokio::test]
async fn a_process_that_dies_while_it_sends_leaves_the_decision_to_a_person() {
    let world = World::new().await;
    world.wechat_says(answer(json!({"errcode": 0})).set_delay(Duration::from_secs(30))).await;
    let chat = world.somebody_wrote().await;
    let id = world.text(chat, "您好", "f").await.unwrap();
    let runner = world.jobs().1;
    world.until_state(chat, id, SendState::Sending).await;
    while world.told().await == 0 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    runner.abort();
    let _ = runner.await;
    // The next process finds the job when the lease is over, and does not send.
    world.db.execute("UPDATE jobs SET run_at = 0", []).await.unwrap();
    let (stop, runner) = world.jobs();
    world.until_state(chat, id, SendState::Unknown).await;
    stop.cancel();
    runner.await.unwrap();
    assert_eq!(world.told().await, 1);

    world.wechat.reset().await;
    let token = answer(json!({"access_token": "a-token", "expires_in": 7200}));
    Mock::given(path("/cgi-bin/stable_token")).respond_with(token).mount(&world.wechat).await;
    world.wechat_says(answer(json!({"errcode": 0}))).await;
    world.seen().retry(chat, id).await.unwrap();
    let (stop, runner) = world.jobs();
    world.until_state(chat, id, SendState::Sent).await;
    stop.cancel();
    runner.await.unwrap();
    assert_eq!(world.told().await, 1, "told anew");
}

#[tokio::test]
async fn a_sending_whose_job_is_gone_is_found() {
    let world = World::new().await;
    let chat = world.somebody_wrote().await;
    let id = world.text(chat, "您好", "f").await.unwrap();
    world.inbox.find_lost_sendings(now_ms() + 3_600_000).await.unwrap();
    assert_eq!(world.state(chat, id).await, SendState::Queued, "its job is there");
    world.db.execute("DELETE FROM jobs", []).await.unwrap();
    world.inbox.find_lost_sendings(now_ms()).await.unwrap();
    assert_eq!(world.state(chat, id).await, SendState::Queued, "it is young");
    world.inbox.find_lost_sendings(now_ms() + 3_600_000).await.unwrap();
    assert_eq!(world.state(chat, id).await, SendState::Unknown);
}

#[tokio::test]
async fn a_lost_message_is_found_behind_many_that_only_wait() {
    const SQL: &str = "INSERT INTO outgoing (chat_id, staff_name, kind, content, state, allowance, tries, form_key, \
                       created_at, changed_at) VALUES ($1, '', 'text', '', 'queued', 'said', 1, $2, 0, 0) RETURNING id";
    let world = World::new().await;
    let chat = world.somebody_wrote().await;
    let id = world.text(chat, "您好", "f").await.unwrap();
    world.db.execute("DELETE FROM jobs", []).await.unwrap();
    let tx = world.db.begin_write().await.unwrap();
    for n in 0..250 {
        let row = tx.query_one_raw(db::statement(&*tx, SQL, [chat.into(), format!("w{n}").into()])).await.unwrap();
        send::push(&tx, world.account_id, row.unwrap().try_get("", "id").unwrap(), 1, now_ms()).await.unwrap();
    }
    tx.commit().await.unwrap();
    world.inbox.find_lost_sendings(now_ms() + 3_600_000).await.unwrap();
    assert_eq!(world.state(chat, id).await, SendState::Unknown);
    assert_eq!(world.number("SELECT COUNT(*) AS n FROM outgoing WHERE state = 'queued'").await, 250);
}

#[tokio::test]
async fn a_picture_is_uploaded_and_what_lies_about_being_one_is_not() {
    let world = World::new().await;
    let upload = answer(json!({"type": "image", "media_id": "M1", "created_at": 1}));
    Mock::given(path("/cgi-bin/media/upload")).respond_with(upload).expect(1).mount(&world.wechat).await;
    world.wechat_says(answer(json!({"errcode": 0}))).await;
    let chat = world.somebody_wrote().await;
    let send =
        async |bytes: &[u8], form: &str| world.seen().send(chat, Content::Picture(bytes.to_vec()), form, &ming()).await;
    let png = picture(image::ImageFormat::Png);
    for lie in [&b"<svg onload=alert(1)>"[..], b"GIF", b"", b"#!AMR\n", b"GIF89a<script>", &png[..20]] {
        let error = send(lie, "lie").await.unwrap_err();
        assert_eq!(key_of(error), "inbox.problem.not_a_picture");
    }
    let mut large = png.clone();
    large.resize((10 << 20) + 1, 0);
    assert_eq!(key_of(send(&large, "large").await.unwrap_err()), "inbox.problem.picture_too_large");
    // 65,535 pixels wide and high, says its header.
    let mut vast = picture(image::ImageFormat::Gif);
    vast[6..10].fill(0xFF);
    assert_eq!(key_of(send(&vast, "vast").await.unwrap_err()), "inbox.problem.too_many_pixels");
    let id = send(&png, "good").await.unwrap();
    let (stop, runner) = world.jobs();
    let sent = world.until_state(chat, id, SendState::Sent).await;
    stop.cancel();
    runner.await.unwrap();
    let path = world.inbox.folder().path(&sent.file.unwrap()).unwrap();
    assert_eq!(std::fs::read(path).unwrap(), png);
}
