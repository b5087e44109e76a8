//! Who answers, notes, pages and lists, and hearing of each other.

use super::*;

#[tokio::test]
async fn of_two_who_take_a_conversation_one_has_it() {
    let world = World::new().await;
    let chat = world.somebody_wrote().await;
    let (ming, hong) = (ming(), hong());
    let seen = world.seen();
    let (a, b) = tokio::join!(seen.assign(chat, None, Some(&ming), &ming), seen.assign(chat, None, Some(&hong), &hong));
    assert_eq!([a.is_ok(), b.is_ok()].iter().filter(|ok| **ok).count(), 1);
    let now = world.only().await.assigned_id;
    let (from, to) = if now == Some(1) { (&ming, &hong) } else { (&hong, &ming) };
    world.seen().assign(chat, now, Some(to), from).await.unwrap();
    let page = world.seen().timeline(chat, None).await.unwrap();
    let lines: Vec<_> = page.entries.iter().filter_map(|entry| entry.line.as_ref()).collect();
    assert_eq!(lines.len(), 2);
    assert_eq!((lines[1].kind.as_str(), &lines[1].actor, &lines[1].other), ("handed", &from.name, &to.name));
}

#[tokio::test]
async fn a_note_is_its_writers_own() {
    let world = World::new().await;
    let chat = world.somebody_wrote().await;
    world.seen().add_note(chat, " 要大包装 ", &ming()).await.unwrap();
    let note = world.seen().notes(chat).await.unwrap().remove(0);
    assert_eq!(note.text, "要大包装");
    assert!(matches!(world.seen().edit_note(chat, note.id, "x", &hong()).await, Err(Error::NotFound)));
    assert!(matches!(world.seen().edit_note(chat + 1, note.id, "x", &ming()).await, Err(Error::NotFound)));
    world.seen().edit_note(chat, note.id, "", &ming()).await.unwrap();
    assert!(world.seen().notes(chat).await.unwrap().is_empty());
    assert_eq!(key_of(world.seen().add_note(chat, " ", &ming()).await.unwrap_err()), "inbox.problem.note_empty");
}

#[tokio::test]
async fn pages_of_a_timeline_show_everything_once() {
    let world = World::new().await;
    let now = now_ms();
    for id in 1..=100 {
        world.store(id, OPENID, "text", now - 1_000_000 + id * 1000).await;
    }
    world.project().await;
    let chat = world.only().await.id;
    for n in 0..5 {
        world.text(chat, "好的", &format!("f{n}")).await.unwrap();
    }
    let mut keys = Vec::new();
    let mut older = None;
    loop {
        let page = world.seen().timeline(chat, older.as_deref()).await.unwrap();
        keys.splice(0..0, page.entries.into_iter().map(|entry| entry.key));
        older = page.older;
        if older.is_none() {
            break;
        }
        world.store(200 + keys.len() as i64, OPENID, "text", now + 5000).await;
    }
    let mut expected: Vec<_> = (1..=100).map(|id| format!("m{id}")).collect();
    assert_eq!(keys[..100], expected[..]);
    expected = (1..=5).map(|id| format!("o{id}")).chain(["l1".into()]).collect();
    let mut rest = keys[100..].to_vec();
    rest.sort();
    expected.sort();
    assert_eq!(rest, expected);
}

#[tokio::test]
async fn the_list_goes_from_the_unread_to_the_read_page_by_page() {
    let world = World::new().await;
    let now = now_ms();
    for id in 1..=70 {
        world.store(id, &format!("o{id:02}"), "text", now - 100_000 + id).await;
    }
    world.project().await;
    world.db.execute("UPDATE chats SET unread = 0 WHERE id % 2 = 0", []).await.unwrap();
    let mut seen = Vec::new();
    let mut from = None;
    loop {
        let (chats, next) = world.seen().list(&Filter::default(), from).await.unwrap();
        seen.extend(chats.into_iter().map(|listed| listed.chat));
        from = next.and_then(|place| ListPlace::read(&place.to_text()));
        if from.is_none() {
            break;
        }
    }
    assert_eq!(seen.len(), 70);
    assert!(seen.is_sorted_by_key(|chat| (chat.unread == 0, -chat.last_at)));
    let unread = Filter { unread: true, ..Filter::default() };
    assert_eq!(world.seen().list(&unread, None).await.unwrap().0.len(), 30);
}

#[tokio::test]
async fn a_search_finds_openid_and_words_and_takes_no_signs_for_patterns() {
    let world = World::new().await;
    world.store(1, OPENID, "text", now_ms()).await;
    world.store(2, "oOther", "text", now_ms()).await;
    world.project().await;
    let found = async |words: &str| {
        let filter = Filter { search: words.into(), ..Filter::default() };
        let list = world.seen().list(&filter, None).await.unwrap().0;
        list.into_iter().map(|listed| listed.chat.openid).collect::<Vec<_>>()
    };
    assert_eq!(found("第 1 句").await, [OPENID]);
    assert_eq!(found("句").await.len(), 2);
    assert!(found("%").await.is_empty() && found("第_1").await.is_empty() && found("' OR 1=1 --").await.is_empty());
    assert_eq!(db::like("5%_!"), "%5!%!_!!%");
}

#[tokio::test]
async fn what_arrives_while_somebody_reads_stays_unread() {
    let world = World::new().await;
    let now = now_ms();
    for id in 1..=2 {
        world.store(id, OPENID, "text", now).await;
    }
    world.project().await;
    let chat = world.only().await.id;
    world.store(3, OPENID, "text", now).await;
    world.project().await;
    world.seen().read_up_to(chat, 2).await.unwrap();
    assert_eq!(world.only().await.unread, 1);
    world.seen().read_up_to(chat, 3).await.unwrap();
    assert_eq!(world.only().await.unread, 0);
}

#[tokio::test]
async fn done_is_done_until_the_follower_writes_again() {
    let world = World::new().await;
    let chat = world.somebody_wrote().await;
    world.seen().set_done(chat, true, &ming()).await.unwrap();
    let done = world.only().await;
    assert_eq!((done.status.as_str(), done.unread, done.waiting_since), ("done", 0, None));
    world.store(2, OPENID, "text", now_ms()).await;
    world.project().await;
    assert_eq!(world.only().await.status, "open");
    assert!(matches!(world.seen().set_done(chat + 9, true, &ming()).await, Err(Error::NotFound)));
}

#[tokio::test]
async fn every_node_hears_of_a_change_once() {
    let world = World::new().await;
    let chat = world.somebody_wrote().await;
    let other = Live::new(world.db.clone());
    let mut here = world.inbox.live().subscribe().await.unwrap();
    let mut there = other.subscribe().await.unwrap();
    let stop = CancellationToken::new();
    let nodes = [world.inbox.live().clone(), other].map(|live| tokio::spawn(live.run(stop.clone())));
    world.seen().typing(chat, &ming()).await.unwrap();
    world.seen().add_note(chat, "x", &ming()).await.unwrap();
    for receiver in [&mut here, &mut there] {
        let mut kinds = Vec::new();
        while let Ok(Ok(change)) = tokio::time::timeout(Duration::from_millis(1200), receiver.recv()).await {
            assert_eq!(change.chat_id, chat);
            kinds.push(change.kind);
        }
        assert_eq!(kinds, [ChangeKind::Typing, ChangeKind::Note]);
    }
    stop.cancel();
    for node in nodes {
        node.await.unwrap();
    }
}
