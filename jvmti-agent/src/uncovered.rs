//! Libraries that are there and not covered yet: said at debug level, so that a missing span has an explanation.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use otelrs_rules::gate::Gate;

/// A class that only its library has, and the library's name.
const LIBRARIES: &[(&str, &str)] = &[
    ("io/undertow/Undertow", "Undertow"),
    ("io/netty/bootstrap/ServerBootstrap", "Netty"),
    ("reactor/core/publisher/Mono", "Reactor"),
    ("org/springframework/web/reactive/DispatcherHandler", "Spring WebFlux"),
    ("org/apache/http/impl/client/CloseableHttpClient", "Apache HttpClient 4"),
    ("org/apache/hc/client5/http/impl/classic/CloseableHttpClient", "Apache HttpClient 5"),
    ("okhttp3/OkHttpClient", "OkHttp"),
    ("org/apache/kafka/clients/producer/KafkaProducer", "Kafka producer"),
    ("org/apache/kafka/clients/consumer/KafkaConsumer", "Kafka consumer"),
    ("com/rabbitmq/client/ConnectionFactory", "RabbitMQ"),
    ("com/mongodb/client/internal/MongoClientImpl", "MongoDB"),
    ("redis/clients/jedis/Jedis", "Jedis"),
    ("io/lettuce/core/RedisClient", "Lettuce"),
    ("io/grpc/internal/ManagedChannelImpl", "gRPC client"),
    ("io/grpc/internal/ServerImpl", "gRPC server"),
    ("com/datastax/oss/driver/api/core/CqlSession", "Cassandra"),
    ("io/vertx/core/Vertx", "Vert.x"),
    ("akka/actor/ActorSystem", "Akka"),
    ("org/glassfish/jersey/server/ServerRuntime", "Jersey"),
    ("org/quartz/core/QuartzScheduler", "Quartz"),
];

/// Which of them were seen.
#[derive(Default)]
pub(crate) struct Uncovered {
    seen: AtomicU64,
    said: AtomicU64,
}

impl Uncovered {
    /// Asks for the classes that are to be noted.
    pub(crate) fn ask(gate: &Gate) {
        LIBRARIES.iter().for_each(|(class, _)| gate.add_class(class.as_bytes()));
    }

    /// Notes a class that is being loaded.
    pub(crate) fn note(&self, class: &[u8]) {
        if let Some(index) = LIBRARIES.iter().position(|(name, _)| name.as_bytes() == class) {
            self.seen.fetch_or(1 << index, Relaxed);
        }
    }

    /// The libraries seen since the last call; `None` when there are none.
    pub(crate) fn take(&self) -> Option<String> {
        let seen = self.seen.load(Relaxed);
        let new = seen & !self.said.swap(seen, Relaxed);
        let names: Vec<&str> = LIBRARIES
            .iter()
            .enumerate()
            .filter(|(index, _)| new & (1 << index) != 0)
            .map(|(_, (_, library))| *library)
            .collect();
        (!names.is_empty()).then(|| names.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::Uncovered;

    #[test]
    fn a_library_is_named_once() {
        let uncovered = Uncovered::default();
        uncovered.note(b"okhttp3/OkHttpClient");
        uncovered.note(b"okhttp3/OkHttpClient");
        uncovered.note(b"my/App");
        assert_eq!(uncovered.take().as_deref(), Some("OkHttp"));
        assert_eq!(uncovered.take(), None);
    }
}
