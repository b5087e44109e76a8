use std::{
    collections::HashSet,
    fs::OpenOptions,
    io::Write as _,
    sync::atomic::{AtomicBool, Ordering},
};

use futures_util::future::join_all;
use tempfile::TempDir;

use super::*;
use crate::conversations::store::AnswerState;

/// The message number `n`, which arrived at `at`.
fn message(n: u64, at: i64) -> Incoming {
    let mut push = [0; 24];
    push[16..].copy_from_slice(&n.to_be_bytes());
    Incoming {
        key: MessageKey { account_id: 1, push },
        openid: "oFan".into(),
        kind: "text".into(),
        summary: "在吗".into(),
        payload: "<xml/>".into(),
        sent_at: 0,
        received_at: at,
        answered_at: at,
        from_a_person: true,
        change: None,
        state: AnswerState::Answered,
        answer: Some(format!(r#"{{"kind":"text","content":"{at}"}}"#)),
        rule_id: None,
        lease_until: 0,
        rescue_at: None,
    }
}

fn journal() -> (TempDir, Journal) {
    let folder = tempfile::tempdir().unwrap();
    let journal = Journal::in_folder(folder.path()).unwrap();
    (folder, journal)
}

/// Takes all that can be taken, as a replay does, and gives the messages' numbers.
fn bring_in(journal: &Journal) -> Vec<u64> {
    let mut numbers = Vec::new();
    for path in journal.segments().unwrap() {
        let Some(segment) = Segment::take(&path).unwrap() else { continue };
        let number = |m: &Arc<Incoming>| u64::from_be_bytes(m.key.push[16..].try_into().unwrap());
        numbers.extend(segment.messages().iter().map(number));
        journal.finish(&segment, &[]).unwrap();
    }
    numbers
}

fn files(folder: &TempDir, ending: &str) -> Vec<PathBuf> {
    let paths = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path());
    paths.filter(|path| path.extension().is_some_and(|found| found == ending)).collect()
}

/// Adds bytes to the one file that waits.
fn scribble(folder: &TempDir, bytes: &[u8]) {
    let path = &files(folder, "journal")[0];
    OpenOptions::new().append(true).open(path).unwrap().write_all(bytes).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn whatever_is_acknowledged_while_files_are_taken_is_brought_in() {
    const WRITERS: u64 = 8;
    const EACH: u64 = 200;
    let (folder, journal) = journal();
    let other = Journal::in_folder(folder.path()).unwrap();
    let done = Arc::new(AtomicBool::new(false));
    let takers = [&journal, &other].map(|journal| {
        let (journal, done) = (journal.clone(), done.clone());
        tokio::spawn(async move {
            let mut taken = Vec::new();
            while !done.load(Ordering::Relaxed) {
                journal.end_segment().await;
                let journal = journal.clone();
                taken.extend(tokio::task::spawn_blocking(move || bring_in(&journal)).await.unwrap());
            }
            taken
        })
    });
    let writers = (0..WRITERS).map(|writer| {
        let journal = if writer % 2 == 0 { journal.clone() } else { other.clone() };
        tokio::spawn(async move {
            for n in 0..EACH {
                assert!(journal.append(message(writer * EACH + n, 1)).await.unwrap().is_none());
            }
        })
    });
    for written in join_all(writers).await {
        written.unwrap();
    }
    done.store(true, Ordering::Relaxed);
    let mut taken = HashSet::new();
    for taker in takers {
        taken.extend(taker.await.unwrap());
    }
    journal.end_segment().await;
    other.end_segment().await;
    taken.extend(bring_in(&journal));

    assert_eq!(taken.len() as u64, WRITERS * EACH);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    other.segments().unwrap();
    assert_eq!((journal.len(), other.len()), (0, 0));
}

#[tokio::test]
async fn messages_that_come_at_once_are_all_on_disk_when_they_are_acknowledged() {
    let (folder, journal) = journal();
    let appended = join_all((0..500).map(|n| journal.append(message(n, 1)))).await;
    assert!(appended.iter().all(|known| matches!(known, Ok(None))));
    assert_eq!(journal.len(), 500);
    let waiting = files(&folder, "journal");
    assert_eq!(waiting.len(), 1);
    assert_eq!(fs::read(&waiting[0]).unwrap().iter().filter(|byte| **byte == b'\n').count(), 500);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(fs::metadata(&waiting[0]).unwrap().permissions().mode() & 0o777, 0o600);
    }
}

#[tokio::test]
async fn a_repeat_gets_the_first_answer_and_is_not_written_again() {
    let (_folder, journal) = journal();
    assert!(journal.answer(&message(7, 0).key).is_none());
    let both = join_all([journal.append(message(7, 1)), journal.append(message(7, 2))]).await;
    let [Ok(None), Ok(Some(repeat))] = &both[..] else { panic!("one is new, one a repeat: {both:?}") };
    assert_eq!(repeat.answered_at, 1);
    let later = journal.append(message(7, 3)).await.unwrap().unwrap();
    assert_eq!((later.answered_at, later.answer), (1, message(7, 1).answer));
    assert_eq!(journal.answer(&message(7, 0).key).unwrap().answered_at, 1);

    journal.end_segment().await;
    assert_eq!(bring_in(&journal), [7]);
    assert!(journal.answer(&message(7, 0).key).is_none(), "the database knows it now");
}

#[tokio::test]
async fn a_file_belongs_to_its_writer_until_it_is_ended() {
    let (folder, journal) = journal();
    journal.append(message(1, 1)).await.unwrap();
    let other = Journal::in_folder(folder.path()).unwrap();
    assert_eq!(other.len(), 0, "its writer lives");
    assert!(bring_in(&other).is_empty());

    journal.end_segment().await;
    assert_eq!(bring_in(&other), [1]);
    assert_eq!(journal.len(), 1);
    journal.segments().unwrap();
    assert_eq!(journal.len(), 0, "another process brought it in");
}

#[tokio::test]
async fn what_a_dead_process_left_is_known_from_the_start() {
    let (folder, journal) = journal();
    journal.append(message(1, 1)).await.unwrap();
    journal.end_segment().await;
    scribble(&folder, b"{\"v\":1,\"key");
    drop(journal);

    let next = Journal::in_folder(folder.path()).unwrap();
    assert_eq!(next.len(), 1);
    assert_eq!(next.append(message(1, 2)).await.unwrap().unwrap().answered_at, 1);
    assert_eq!(bring_in(&next), [1], "the torn line is left out");
    assert_eq!(next.len(), 0);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn complete_lines_that_cannot_be_read_are_kept() {
    for unreadable in ["{\"v\":1,\"something\":\"else\"}\n", "\0\0\0\n", "newer"] {
        let (folder, journal) = journal();
        journal.append(message(1, 1)).await.unwrap();
        journal.end_segment().await;
        if unreadable == "newer" {
            let line = String::from_utf8(segment::line(&message(2, 1)).unwrap()).unwrap();
            scribble(&folder, line.replacen("\"v\":1", "\"v\":2", 1).as_bytes());
        } else {
            scribble(&folder, unreadable.as_bytes());
        }
        let before = fs::read(&files(&folder, "journal")[0]).unwrap();

        assert_eq!(bring_in(&journal), [1]);
        assert!(bring_in(&journal).is_empty());
        assert_eq!(fs::read(&files(&folder, "unreadable")[0]).unwrap(), before);
        assert_eq!(journal.len(), 0);
    }
}

#[tokio::test]
async fn a_folder_that_refuses_is_an_error_until_it_is_mended() {
    let (folder, journal) = journal();
    journal.append(message(1, 1)).await.unwrap();
    fs::remove_dir_all(folder.path()).unwrap();
    fs::write(folder.path(), "a file where the folder should be").unwrap();
    for _ in 0..2 {
        assert!(journal.append(message(2, 1)).await.is_err());
    }
    assert!(journal.answer(&message(2, 1).key).is_none());
    fs::remove_file(folder.path()).unwrap();

    assert!(journal.append(message(2, 1)).await.unwrap().is_none());
    journal.end_segment().await;
    assert_eq!(bring_in(&journal), [2]);
    assert_eq!(journal.len(), 0);
}

#[tokio::test]
async fn an_unfinished_file_is_removed_when_its_process_must_be_dead() {
    let (folder, journal) = journal();
    let (old, young) = (folder.path().join("1.new"), folder.path().join("2.new"));
    for path in [&old, &young] {
        fs::write(path, "{").unwrap();
    }
    let hour_ago = std::time::SystemTime::now() - std::time::Duration::from_secs(3_600);
    OpenOptions::new().write(true).open(&old).unwrap().set_modified(hour_ago).unwrap();
    assert!(bring_in(&journal).is_empty());
    Journal::in_folder(folder.path()).unwrap();
    assert_eq!(files(&folder, "new"), [young]);
}

#[test]
fn in_a_long_outage_old_answers_go_but_all_messages_count() {
    let waiting = Waiting::default();
    let add = |path: &str, numbers: std::ops::Range<u64>| {
        waiting.add(Path::new(path), numbers.map(|n| (message(n, 1).key, known(&message(n, 1)))));
    };
    add("1.journal", 0..150_000);
    add("2.journal", 150_000..250_000);
    assert_eq!(waiting.len(), 250_000);
    assert!(waiting.answer(&message(0, 1).key).is_none());
    assert!(waiting.answer(&message(200_000, 1).key).is_some());
    waiting.forget(Path::new("1.journal"));
    assert_eq!(waiting.len(), 100_000);
}
