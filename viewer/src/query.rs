//! What the views ask of traces: filters, summaries, rows of a waterfall, the critical path, statistics. Pure: no
//! terminal, no HTTP, no clock; who asks says what time it is.

pub mod baseline;
mod critical_path;
pub mod filter;
mod find;
mod health;
mod percentiles;
mod rows;
mod runs;
mod statistics;
mod summary;
#[cfg(test)]
pub(crate) mod testing;

pub use critical_path::{CriticalPath, Segment};
pub use filter::{Filter, FilterError};
pub use find::{Direction, find, is_error};
pub use health::{HEALTH_CHECK_PATHS, is_health_check};
pub use percentiles::Percentiles;
pub use rows::{Row, RowKind, RowOptions, rows};
pub use statistics::{Before, Operation, OperationStatistics, Statistics};
pub use summary::{SortColumn, SortOrder, TraceSummary, http_status};
