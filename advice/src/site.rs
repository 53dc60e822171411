//! Which advice wrote a record.

use crate::rule_files;

/// The advice that wrote a record ([`otelrs_sdk::record::Record::site`]).
#[repr(u16)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Site {
    /// A Servlet request on Tomcat.
    Tomcat = 1,
    /// `java.net.http.HttpClient`.
    JavaHttpClient = 2,
    /// `java.net.HttpURLConnection`.
    HttpUrlConnection = 3,
    /// A JDBC statement.
    Jdbc = 4,
    /// A request on Jetty.
    Jetty = 5,
    /// A method that a rule file names.
    Rules = 6,
}

impl Site {
    /// Every site; the bridge's constants are generated from it.
    pub const ALL: &[Site] =
        &[Site::Tomcat, Site::JavaHttpClient, Site::HttpUrlConnection, Site::Jdbc, Site::Jetty, Site::Rules];

    /// The site of a record's number, `None` when no advice has it.
    pub fn of(number: u16) -> Option<Site> {
        Site::ALL.iter().copied().find(|site| *site as u16 == number)
    }

    /// The name in upper case with underscores, as the bridge's constant is called.
    pub fn constant(self) -> &'static str {
        match self {
            Site::Tomcat => "TOMCAT",
            Site::JavaHttpClient => "JAVA_HTTP_CLIENT",
            Site::HttpUrlConnection => "HTTP_URL_CONNECTION",
            Site::Jdbc => "JDBC",
            Site::Jetty => "JETTY",
            Site::Rules => "RULES",
        }
    }

    /// The instrumentation scope of the spans made here.
    pub fn scope(self) -> &'static str {
        match self {
            Site::Tomcat => "otelrs.tomcat",
            Site::JavaHttpClient => "otelrs.java-http-client",
            Site::HttpUrlConnection => "otelrs.http-url-connection",
            Site::Jdbc => "otelrs.jdbc",
            Site::Jetty => "otelrs.jetty",
            Site::Rules => "otelrs.rules",
        }
    }

    /// The scope of the span of a record with this number, a bridge's that knows more sites than we do included.
    pub fn scope_of(number: u16) -> &'static str {
        Site::of(number).map_or("otelrs", Site::scope)
    }

    /// The instrumentation whose switch turns it off.
    pub fn instrumentation(self) -> &'static str {
        match self {
            Site::Tomcat => "tomcat",
            Site::JavaHttpClient => "java-http-client",
            Site::HttpUrlConnection => "http-url-connection",
            Site::Jdbc => "jdbc",
            Site::Jetty => "jetty",
            Site::Rules => rule_files::INSTRUMENTATION,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Site;

    #[test]
    fn a_number_leads_back_to_its_site() {
        for site in Site::ALL {
            assert_eq!(Site::of(*site as u16), Some(*site));
        }
        assert_eq!(Site::of(0), None);
        assert_eq!(Site::of(u16::MAX), None);
    }

    #[test]
    fn every_site_has_a_switch() {
        for site in Site::ALL {
            let of_files = *site == Site::Rules;
            let built_in = crate::rules().any(|rule| rule.instrumentation == site.instrumentation());
            assert!(built_in != of_files, "{site:?}");
            assert_eq!(site.scope(), format!("otelrs.{}", site.instrumentation()));
        }
    }
}
