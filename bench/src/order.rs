//! In which order the variants of a round come.

/// Each first in turn, and each after every other equally often, in as many rounds as there are variants, or twice as many
/// where their number is odd: after a costly one the machine is not what it was. E. J. Williams, Australian Journal of
/// Scientific Research A 2 (1949) 149.
pub(crate) fn of_round<T: Copy>(all: &[T], round: u32) -> Vec<T> {
    let count = all.len();
    let round = usize::try_from(round).unwrap_or_default();
    let is_backward = count % 2 == 1 && round / count % 2 == 1;
    let places = (0..count).map(|step| {
        // The first, the last, the second, the last but one, and so on.
        let place = if step.is_multiple_of(2) { step / 2 } else { count - step.div_ceil(2) };
        (place + round) % count
    });
    let mut order: Vec<T> = places.filter_map(|place| all.get(place).copied()).collect();
    if is_backward {
        order.reverse();
    }
    order
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn each_is_as_often_first_and_as_often_after_each_other() {
        for count in [1, 2, 4, 7] {
            let all: Vec<usize> = (0..count).collect();
            let (mut firsts, mut neighbours) = (BTreeMap::<_, u32>::new(), BTreeMap::<_, u32>::new());
            let times = 1 + u32::try_from(count % 2).unwrap();
            for round in 0..u32::try_from(count).unwrap() * times {
                let order = of_round(&all, round);
                let mut sorted = order.clone();
                sorted.sort_unstable();
                assert_eq!(sorted, all, "all, each once");
                *firsts.entry(order[0]).or_default() += 1;
                order.windows(2).for_each(|pair| *neighbours.entry((pair[0], pair[1])).or_default() += 1);
            }
            assert!(firsts.len() == count && firsts.values().all(|first| *first == times), "{firsts:?}");
            assert_eq!(neighbours.len(), count * (count - 1), "{neighbours:?}");
            assert!(neighbours.values().all(|after| *after == times), "{neighbours:?}");
        }
        assert!(of_round::<u8>(&[], 3).is_empty());
    }
}
