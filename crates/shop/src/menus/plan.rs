//! From what is live to what is wanted, call by call. Nothing is remembered between two plans: after any doubt what is live is
//! read again and planned anew, and what was added before is matched, so that nothing is added twice.

use super::{
    canonical,
    content::{CONDITIONAL, HOSTS, MenuSet},
    hosts,
};

/// One call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// The menu of everybody takes the place of the one that is there.
    Create,
    /// All menus go.
    DeleteAll,
    /// The menu of some people at this place of the wanted set is added, in front of all that are there.
    Add(usize),
    /// The menu of some people with this number goes.
    Remove(i64),
}

impl Step {
    /// The word of it, as it is kept.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::DeleteAll => "delete",
            Self::Add(_) => "add",
            Self::Remove(_) => "remove",
        }
    }
}

/// The calls that make `wanted` of `live`, whose menus of some people have the numbers `ids`. None when no phone would see a
/// difference.
pub fn plan(live: &MenuSet, ids: &[i64], wanted: &MenuSet) -> Vec<Step> {
    if wanted.is_empty() {
        return if live.is_empty() { Vec::new() } else { vec![Step::DeleteAll] };
    }
    let mut steps = Vec::new();
    if canonical::buttons(&live.buttons) != canonical::buttons(&wanted.buttons) {
        steps.push(Step::Create);
    }
    // In the order of adding: what is added last is shown first, and nothing can be put in between.
    let there: Vec<_> = live.conditional.iter().rev().map(canonical::conditional).collect();
    let ids: Vec<_> = ids.iter().rev().copied().collect();
    let asked: Vec<_> = wanted.conditional.iter().rev().map(canonical::conditional).collect();
    let mut stays = vec![false; there.len()];
    let (mut matched, mut from) = (0, 0);
    while let Some(next) = asked.get(matched) {
        let Some(found) = there[from..].iter().position(|one| one == next) else { break };
        stays[from + found] = true;
        from += found + 1;
        matched += 1;
    }
    let last = wanted.conditional.len();
    let adds: Vec<_> = (matched..last).map(|added| Step::Add(last - 1 - added)).collect();
    let goes = stays.iter().zip(&ids).filter(|(stays, _)| !**stays).map(|(_, id)| Step::Remove(*id));
    let removes: Vec<_> = goes.collect();
    if fits(live, wanted, adds.len()) {
        steps.extend(adds);
        steps.extend(removes);
    } else {
        steps.extend(removes);
        steps.extend(adds);
    }
    steps
}

/// Whether some people see the menu of everybody for a moment: menus go before others come, for WeChat holds no more.
pub fn has_gap(steps: &[Step]) -> bool {
    let removed = steps.iter().position(|step| matches!(step, Step::Remove(_)));
    removed.is_some_and(|first| steps[first..].iter().any(|step| matches!(step, Step::Add(_))))
}

/// Whether WeChat holds all that is live and all that comes, at once.
fn fits(live: &MenuSet, wanted: &MenuSet, adds: usize) -> bool {
    let all = live.conditional.iter().chain(&wanted.conditional);
    let hosts = hosts::of(all.map(|one| one.buttons.as_slice()));
    live.conditional.len() + adds <= CONDITIONAL && hosts.len() <= HOSTS
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use puzi_wechat::client::{Button, MenuRule};

    use super::*;
    use crate::menus::Conditional;

    /// WeChat, as far as menus go; conditional ones in the order of adding.
    #[derive(Debug, Clone, Default)]
    struct Platform {
        buttons: Vec<Button>,
        conditional: Vec<(i64, Conditional)>,
        next: i64,
        added: usize,
    }

    impl Platform {
        fn of(set: &MenuSet) -> Self {
            let mut platform = Self { buttons: set.buttons.clone(), next: 1, ..Self::default() };
            for one in set.conditional.iter().rev() {
                platform.add(one.clone());
            }
            platform.added = 0;
            platform
        }

        fn add(&mut self, one: Conditional) {
            self.conditional.push((self.next, one));
            self.next += 1;
            self.added += 1;
        }

        fn told(&self) -> (MenuSet, Vec<i64>) {
            let conditional = self.conditional.iter().rev().map(|(_, one)| one.clone()).collect();
            let ids = self.conditional.iter().rev().map(|(id, _)| *id).collect();
            (MenuSet { buttons: self.buttons.clone(), conditional }, ids)
        }

        fn take(&mut self, step: &Step, wanted: &MenuSet) {
            match step {
                Step::Create => self.buttons.clone_from(&wanted.buttons),
                Step::DeleteAll => (self.buttons, self.conditional) = (Vec::new(), Vec::new()),
                Step::Add(place) => {
                    assert!(!self.buttons.is_empty(), "65303: there is no menu of everybody");
                    self.add(wanted.conditional[*place].clone());
                    assert!(self.conditional.len() <= CONDITIONAL);
                    let buttons = self.conditional.iter().map(|(_, one)| one.buttons.as_slice());
                    assert!(hosts::of(buttons).len() <= HOSTS, "65316");
                }
                Step::Remove(id) => self.conditional.retain(|(other, _)| other != id),
            }
        }
    }

    fn menu(n: u8) -> Vec<Button> {
        vec![Button::view(format!("b{n}"), format!("https://h{}.example/{n}", n % 3))]
    }

    fn some(n: u8) -> Conditional {
        Conditional { name: String::new(), rule: MenuRule::tag(i64::from(n % 4)), buttons: menu(n) }
    }

    fn sets() -> impl Strategy<Value = MenuSet> {
        let empty = Just(MenuSet::default());
        let full = (0_u8..3, proptest::collection::vec(0_u8..6, 0..7))
            .prop_map(|(n, list)| MenuSet { buttons: menu(n), conditional: list.into_iter().map(some).collect() });
        prop_oneof![1 => empty, 9 => full]
    }

    proptest! {
        #[test]
        fn it_arrives_wherever_it_is_cut_off(
            live in sets(),
            wanted in sets(),
            cuts in proptest::collection::vec((0_usize..12, any::<bool>()), 0..6),
        ) {
            let mut platform = Platform::of(&live);
            let (told, ids) = platform.told();
            let needed = plan(&told, &ids, &wanted).iter().filter(|step| matches!(step, Step::Add(_))).count();
            for (cut, has_effect) in cuts {
                let (told, ids) = platform.told();
                let steps = plan(&told, &ids, &wanted);
                for (place, step) in steps.iter().enumerate() {
                    // The process dies in this call, which had its effect or had not.
                    if place < cut || (place == cut && has_effect) {
                        platform.take(step, &wanted);
                    }
                    if place >= cut {
                        break;
                    }
                }
            }
            let (told, ids) = platform.told();
            for step in plan(&told, &ids, &wanted) {
                platform.take(&step, &wanted);
            }
            let (told, ids) = platform.told();
            prop_assert_eq!(told.digest(), wanted.digest());
            prop_assert!(plan(&told, &ids, &wanted).is_empty());
            prop_assert_eq!(platform.added, needed, "nothing is added twice");
        }
    }

    #[test]
    fn what_comes_is_there_before_what_goes() {
        let set = |list: &[u8]| MenuSet { buttons: menu(0), conditional: list.iter().map(|n| some(*n)).collect() };
        let steps = plan(&set(&[1, 2]), &[20, 10], &set(&[3, 2]));
        assert_eq!(steps, [Step::Add(0), Step::Remove(20)]);
        assert!(!has_gap(&steps));
        // Another order: what stands in the wrong place comes anew in front.
        assert_eq!(plan(&set(&[1, 2]), &[20, 10], &set(&[2, 1])), [Step::Add(0), Step::Remove(10)]);
        assert_eq!(plan(&set(&[1]), &[10], &MenuSet::default()), [Step::DeleteAll]);
        assert!(plan(&MenuSet::default(), &[], &MenuSet::default()).is_empty());
        assert_eq!(plan(&MenuSet::default(), &[], &set(&[1])), [Step::Create, Step::Add(0)]);
    }

    #[test]
    fn a_hundred_and_one_do_not_fit_at_once() {
        let all = |from: i64| MenuSet {
            buttons: menu(0),
            conditional: (from..from + 100)
                .map(|tag| Conditional { rule: MenuRule::tag(tag), buttons: menu(1), ..Conditional::default() })
                .collect(),
        };
        let ids: Vec<_> = (1..=100).collect();
        let steps = plan(&all(1), &ids, &all(1_000));
        assert_eq!(steps.len(), 200);
        assert!(matches!(steps[0], Step::Remove(_)) && has_gap(&steps));
    }
}
