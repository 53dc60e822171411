//! Runs of a service: the instance that sends, and the one that it replaced.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use crate::span::{Resource, Span, Trace, Value};

/// Which run of its service a span belongs to: 0 is the current one, 1 the one before.
///
/// An instance is told from another by `service.instance.id`, else by host and process id. Instances that send at the
/// same time are replicas of one run; an instance whose first span begins after the last one of the others has ended
/// begins a new run.
#[derive(Debug, Default)]
pub(super) struct Runs {
    /// By address of the resource, which the traces keep alive.
    ages: HashMap<usize, usize>,
}

#[derive(Debug, Clone, Copy)]
struct Lifetime {
    first: u64,
    last: u64,
}

fn address(resource: &Arc<Resource>) -> usize {
    Arc::as_ptr(resource) as usize
}

fn instance(resource: &Resource) -> String {
    let text = |key| resource.attributes.get(key).map(Value::to_string);
    let process = || Some(format!("{} {}", text("host.name").unwrap_or_default(), text("process.pid")?));
    text("service.instance.id").or_else(process).unwrap_or_default()
}

impl Runs {
    pub(super) fn of(traces: &[Trace]) -> Self {
        let mut resources: HashMap<usize, (&Span, Lifetime)> = HashMap::new();
        for span in traces.iter().flat_map(|trace| &trace.spans) {
            let lifetime = Lifetime { first: span.start_time_unix_nano, last: span.end_time_unix_nano };
            let known = &mut resources.entry(address(&span.resource)).or_insert((span, lifetime)).1;
            known.first = known.first.min(lifetime.first);
            known.last = known.last.max(lifetime.last);
        }
        let mut services: BTreeMap<&str, HashMap<String, Lifetime>> = BTreeMap::new();
        for (span, lifetime) in resources.values() {
            let instances = services.entry(span.service()).or_default();
            let known = instances.entry(instance(&span.resource)).or_insert(*lifetime);
            known.first = known.first.min(lifetime.first);
            known.last = known.last.max(lifetime.last);
        }
        let ages: BTreeMap<&str, HashMap<String, usize>> =
            services.into_iter().map(|(service, instances)| (service, ages(instances))).collect();
        let age = |span: &Span| ages.get(span.service())?.get(&instance(&span.resource)).copied();
        let of_resource = |(address, (span, _)): (&usize, &(&Span, Lifetime))| Some((*address, age(span)?));
        Self { ages: resources.iter().filter_map(of_resource).collect() }
    }

    pub(super) fn age(&self, span: &Span) -> usize {
        self.ages.get(&address(&span.resource)).copied().unwrap_or(0)
    }
}

fn ages(instances: HashMap<String, Lifetime>) -> HashMap<String, usize> {
    let mut instances: Vec<(String, Lifetime)> = instances.into_iter().collect();
    instances.sort_by_key(|(_, lifetime)| lifetime.first);
    let (mut run, mut ended) = (0, None::<u64>);
    let mut runs = Vec::with_capacity(instances.len());
    for (instance, lifetime) in instances {
        if ended.is_some_and(|ended| lifetime.first > ended) {
            run += 1;
        }
        ended = Some(ended.map_or(lifetime.last, |ended| ended.max(lifetime.last)));
        runs.push((instance, run));
    }
    runs.into_iter().map(|(instance, number)| (instance, run - number)).collect()
}

#[cfg(test)]
mod tests {
    use super::super::testing::{resource, span, trace};
    use super::*;

    #[test]
    fn an_instance_that_begins_after_the_others_ended_is_a_new_run() {
        let of = |instance: &str, start, end| {
            let resource = resource(&[("service.name", "shop"), ("service.instance.id", instance)]);
            Span { resource, ..span(1, 0, instance, start, end) }
        };
        let traces = [
            trace(1, vec![of("first", 0, 10), of("first", 50, 60)]),
            trace(2, vec![of("replica of the first", 20, 55)]),
            trace(3, vec![of("second", 70, 80), of("third", 90, 95)]),
        ];
        let runs = Runs::of(&traces);
        let ages: Vec<(&str, usize)> = traces
            .iter()
            .flat_map(|trace| &trace.spans)
            .map(|span| (span.name.as_str(), runs.age(span)))
            .collect();
        let expected = [("first", 2), ("first", 2), ("replica of the first", 2), ("second", 1), ("third", 0)];
        assert_eq!(ages, expected);
    }

    #[test]
    fn without_an_instance_id_the_process_tells() {
        let of = |pid: &str, start| {
            let resource = resource(&[("service.name", "shop"), ("host.name", "h"), ("process.pid", pid)]);
            Span { resource, ..span(1, 0, pid, start, start + 1) }
        };
        let traces = [trace(1, vec![of("7", 0), of("8", 10)])];
        let runs = Runs::of(&traces);
        let ages: Vec<usize> = traces[0].spans.iter().map(|span| runs.age(span)).collect();
        assert_eq!(ages, [1, 0]);
    }
}
