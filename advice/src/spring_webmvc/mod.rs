//! `http.route` from the pattern that Spring MVC matched. It makes no span of its own.

pub(crate) mod rule;
