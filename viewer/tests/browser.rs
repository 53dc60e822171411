//! The web page in a real browser, used as a person uses it. Screenshots go to `target/screenshots/`.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a helper that fails fails its test")]

mod support;

use serde_json::{Value, json};
use support::browser::Browser;
use support::shop::{self, FAILED, ORDERS, span_id, trace_id};
use support::viewer::Viewer;

const ROW: &str = ".canvas .trace-row";

/// Keys as WebDriver names them.
const ENTER: &str = "\u{e007}";
const ESCAPE: &str = "\u{e00c}";

fn text_of(browser: &Browser, script: &str) -> String {
    browser.run(script).as_str().unwrap_or_default().to_owned()
}

/// Nothing failed in the page. Answers of 400 and 404 are not failures; the browser notes them all the same.
fn no_errors(browser: &Browser) {
    let mut lines = browser.console_errors();
    lines.retain(|line| !line.contains("Failed to load resource"));
    assert_eq!(lines, [""; 0], "the page's console");
}

#[test]
fn traces_come_in_by_themselves_and_can_be_filtered_sorted_paused_and_cleared() {
    let Some(browser) = Browser::start(1280, 800) else { return };
    let viewer = Viewer::start();
    browser.goto(&viewer.address(""));
    browser.wait_for_text(".empty", "Waiting for the first trace");
    browser.screenshot("traces-waiting");
    shop::requests().iter().for_each(|request| viewer.send("/v1/traces", request));
    browser.wait_for_text(".note", "32 traces");
    browser.screenshot("traces");

    browser.type_into("input[aria-label='Filter traces']", "status:error");
    browser.wait_for_text(".note", "1 trace of 32");
    assert_eq!(browser.count(&format!("{ROW}.failed .mark[aria-label='failed']")), 1, "not by colour alone");
    browser.type_into("input[aria-label='Filter traces']", " colour:red");
    browser.wait_for_text(".note.problem", "no field is called \"colour\"");
    browser.screenshot("traces-wrong-filter");
    browser.run("const f = document.querySelector('input[type=search]'); f.value = ''; f.dispatchEvent(new Event('input'))");
    browser.wait_for_text(".note", "32 traces");

    browser.click("button[title='Sort by duration']");
    browser.wait_for_text(&format!("{ROW}:first-child .duration"), "168 ms");
    browser.click("button[title^='Leave requests of load balancers']");
    browser.wait_for_text(".note", "6 health checks muted");

    browser.click("button[title^='Stop the list']");
    browser.wait_for_text("#live", "paused");
    viewer
        .send("/v1/traces", &shop::request("late", vec![shop::span(900, 1, 0, 2, "GET /late", 0.0, 900.0)]));
    browser.wait_until("the counter of what is held", || browser.text("#memory-text").starts_with("33"));
    assert!(!browser.text(".canvas").contains("GET /late"), "paused");
    browser.press(&["p"]);
    browser.wait_for_text(&format!("{ROW}:first-child"), "GET /late");

    browser.click("button[title^='Only traces that begin from now on']");
    browser.wait_for_text(".empty", "No trace matches");
    browser.click("#clear");
    browser.wait_for_text(".empty", "Waiting for the first trace");
    assert_eq!(viewer.receiver.store().traces().len(), 0);
    no_errors(&browser);
}

#[test]
fn a_slow_request_is_understood_from_its_waterfall() {
    let Some(browser) = Browser::start(1440, 860) else { return };
    let viewer = Viewer::of_shop();
    browser.goto(&viewer.address("#/traces?filter=service:stock"));
    browser.click(ROW);
    browser.wait_for_text(".span-row .count", "12×");
    assert_eq!(browser.count(".canvas .span-row"), 7, "twelve queries in one row");
    assert!(browser.count(".span-row.on-path .path") >= 6, "the critical path");
    browser.click(".span-row:nth-child(2)");
    browser.wait_for_text(".detail", "SELECT * FROM orders WHERE customer = ?");
    // It comes by itself once the trace has settled.
    browser.wait_for_text(".trace-findings", "runs SELECT order_lines 12 times");
    browser.screenshot("waterfall");

    browser.click(".span-row[aria-expanded='false'] .fold");
    browser.wait_until("every query", || browser.count(".canvas .span-row") == 19);
    browser.screenshot("waterfall-unfolded");
    browser.click("button[title^='Repeats in one row']");
    browser.wait_until("one row again", || browser.count(".canvas .span-row") == 7);

    browser.type_into("input[aria-label='Find in this trace']", "order_lines");
    browser.wait_for_text("[role=status]", "12 matches");
    browser.wait_for_text(".span-row[aria-selected='true']", "SELECT order_lines");
    let first = browser.url();
    browser.press(&[ENTER]);
    browser.wait_until("the next match", || browser.url() != first);
    assert!(browser.url().contains("find=order_lines"), "{}", browser.url());
    browser.press(&[ESCAPE, ESCAPE, ESCAPE]);
    browser.wait_until("the list", || {
        browser.url().ends_with(&format!("#/traces?filter=service%3Astock&trace={}", trace_id(ORDERS)))
    });
    no_errors(&browser);
}

#[test]
fn the_next_error_leads_to_its_exception() {
    let Some(browser) = Browser::start(1280, 800) else { return };
    let viewer = Viewer::of_shop();
    browser.goto(&viewer.address(""));
    browser.wait_for(ROW);
    browser.press(&["/"]);
    browser.press(&["4", "7", "1", "1", ESCAPE]);
    browser.wait_for_text(".note", "1 trace of 32");
    browser.press(&["j", ENTER]);
    browser.wait_for_text(".span-row .why", "IllegalStateException: no such order: 4711");
    browser.wait_for_text(".log-row.failed", "ERROR order 4711 is unknown");
    browser.press(&["o"]);
    browser.wait_until("no log lines", || browser.count(".log-row") == 0);
    browser.press(&["o"]);
    browser.wait_for(".log-row");
    browser.press(&["e"]);
    browser.wait_for_text(".detail pre", "at shop.Orders.find(Orders.java:42)");
    browser.wait_for_text(".detail", "order 4711 is unknown");
    browser.press(&["e"]);
    browser.wait_for_text(".detail h2", "SELECT orders");
    browser.wait_for_text(".detail", "canceling statement due to statement timeout");
    browser.screenshot("error");
    no_errors(&browser);
}

#[test]
fn an_address_leads_back_to_what_was_seen() {
    let Some(browser) = Browser::start(1280, 800) else { return };
    let viewer = Viewer::of_shop();
    browser.goto(&viewer.address(&format!("#/traces/{}?span={}", trace_id(ORDERS), span_id(15))));
    browser.wait_for_text(".detail h2", "SELECT order_lines");
    browser.wait_for(".span-row[aria-selected='true']");
    browser.goto(&viewer.address("#/traces?filter=status%3Aerror&sort=duration&health=hide"));
    browser.wait_for_text(".note", "1 trace of 32");
    assert_eq!(
        text_of(&browser, "return document.querySelector('input[type=search]').value"),
        "status:error"
    );
    assert_eq!(browser.count("button[aria-pressed='true']"), 2, "errors only, health checks muted");
    browser.click(ROW);
    browser.wait_for(".span-row");
    browser.back();
    browser.wait_for_text(".note", "1 trace of 32");
    browser.goto(&viewer.address(&format!("#/traces/{}", trace_id(999))));
    browser.wait_for_text("h1", "This trace is not here");
    no_errors(&browser);
}

#[test]
fn routes_and_findings_lead_to_their_traces() {
    let Some(browser) = Browser::start(1280, 800) else { return };
    let viewer = Viewer::of_shop();
    browser.goto(&viewer.address(""));
    browser.click("nav a[data-view='statistics']");
    browser.wait_for_text("table[aria-label='Queries']", "SELECT order_lines");
    browser.screenshot("statistics");
    browser.click("table[aria-label='Queries'] thead th:nth-child(5) button");
    browser.wait_for_text("th[aria-sort='descending']", "p50");
    browser.click("table[aria-label='Routes'] a[title='Traces with GET /stock/{id}']");
    browser.wait_for(ROW);
    browser.press(&["3"]);
    browser.wait_for_text(".finding", "order_lines");
    browser.screenshot("findings");
    browser.click(".finding a");
    browser.wait_for(".span-row");
    browser.press(&["4"]);
    browser.wait_for_text("section", "No metrics yet");
    no_errors(&browser);
}

#[test]
fn text_from_telemetry_stays_text() {
    let Some(browser) = Browser::start(1280, 800) else { return };
    let viewer = Viewer::start();
    let attack = "<img src=x onerror=\"window.attacked=1\"><script>window.attacked=1</script>";
    let hidden = "a\u{202e}b\u{0}\u{1b}[2Jc\u{200b}";
    let span = shop::span(1, 1, 0, 2, attack, 0.0, 9.0)
        .with("javascript:window.attacked=1", attack)
        .with("hidden", hidden)
        .failed(attack, "\u{1b}]0;title\u{7}");
    viewer.send("/v1/traces", &shop::request(attack, vec![span]));
    browser.goto(&viewer.address(""));
    browser.wait_for_text(ROW, "<img src=x onerror=");
    browser.click(ROW);
    browser.wait_for_text(".span-row", "<script>window.attacked=1</script>");
    browser.click(".span-row");
    browser.wait_for_text(".detail dd", "a\\u{202e}b\\u{0}\\u{1b}[2Jc\\u{200b}");
    browser.screenshot("hostile");
    for view in ["#/statistics", "#/findings", "#/metrics"] {
        browser.goto(&viewer.address(view));
        browser.wait_for("section.page");
    }
    let foreign = "return document.querySelectorAll('main img, main script').length";
    assert_eq!(browser.run(&format!("{foreign} + (window.attacked ?? 0)")), json!(0));
    let text = text_of(&browser, "return document.body.innerText");
    assert!(!text.contains(|c: char| c.is_control() && c != '\n' && c != '\t'), "{text:?}");
    // What a mistake would do: the browser itself refuses to make markup of text.
    let refused = browser.run(
        "try { document.body.innerHTML = '<b>x</b>'; return 'made' } catch (error) { return error.name }",
    );
    assert_eq!(refused, "TypeError");
}

#[test]
fn files_go_out_and_come_in() {
    let Some(browser) = Browser::start(1280, 800) else { return };
    let viewer = Viewer::of_shop();
    browser.goto(&viewer.address("#/traces?filter=service:stock"));
    browser.wait_for(ROW);
    browser.click("#export");
    let file = browser.downloads().join("traces.json");
    browser.wait_until("the download", || std::fs::read(&file).is_ok_and(|text| text.ends_with(b"}")));
    let other = Viewer::start();
    browser.goto(&other.address(""));
    browser.wait_for(".empty");
    browser.type_into("#import-file", file.to_str().unwrap());
    browser.wait_for_text(ROW, "GET /orders/{id}");
    browser.wait_for_text("#toast", "18 spans imported from traces.json");
    let broken = browser.downloads().join("broken.json");
    std::fs::write(&broken, "{\"resourceSpans\":").unwrap();
    browser.type_into("#import-file", broken.to_str().unwrap());
    browser.wait_for_text("#toast", "broken.json: not OTLP JSON");
}

#[test]
fn ids_and_spans_are_copied() {
    let Some(browser) = Browser::start(1280, 800) else { return };
    let viewer = Viewer::of_shop();
    let origin = viewer.web.endpoint();
    let permissions =
        json!({ "origin": origin, "permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"] });
    browser.devtools("Browser.grantPermissions", &permissions);
    browser.goto(&viewer.address(&format!("#/traces/{}?span={}", trace_id(ORDERS), span_id(2))));
    browser.wait_for_text(".detail h2", "SELECT orders");
    let clipboard = || {
        browser.run_async("navigator.clipboard.readText().then(arguments[0], (e) => arguments[0](String(e)))")
    };
    for (button, copied) in [("Copy the trace id (y)", trace_id(ORDERS)), ("Copy the span id", span_id(2))] {
        browser.click(&format!("button[title='{button}']"));
        browser.wait_until(button, || clipboard() == json!(copied));
    }
    browser.press(&["Y"]);
    browser.wait_for_text("#toast", "span as OTLP JSON copied");
    let span: Value = serde_json::from_str(clipboard().as_str().unwrap()).unwrap();
    assert_eq!(span["resourceSpans"][0]["scopeSpans"][0]["spans"][0]["spanId"], span_id(2));
}

#[test]
fn it_is_dark_or_light_and_readable_on_a_narrow_screen() {
    let Some(browser) = Browser::start(1280, 800) else { return };
    let viewer = Viewer::of_shop();
    let theme = || text_of(&browser, "return document.documentElement.dataset.theme");
    for preferred in ["dark", "light"] {
        let feature = json!({ "features": [{ "name": "prefers-color-scheme", "value": preferred }] });
        browser.devtools("Emulation.setEmulatedMedia", &feature);
        browser.goto(&viewer.address(&format!("#/traces/{}?span={}", trace_id(FAILED), span_id(2))));
        browser.wait_for_text(".detail h2", "SELECT orders");
        browser.wait_until(preferred, || theme() == preferred);
        browser.screenshot(&format!("theme-{preferred}"));
    }
    browser.click("#theme");
    assert_eq!(theme(), "dark", "chosen against the system");
    browser.goto(&viewer.address("#/traces"));
    browser.wait_for(ROW);
    assert_eq!(theme(), "dark", "remembered");
    browser.screenshot("traces-dark");
    browser.resize(390, 780);
    browser.wait_for(ROW);
    browser.screenshot("narrow-traces");
    let overflow = "return document.documentElement.scrollWidth - document.documentElement.clientWidth";
    assert_eq!(browser.run(overflow), json!(0), "nothing sticks out to the right");
    browser.goto(&viewer.address(&format!("#/traces/{}", trace_id(ORDERS))));
    browser.wait_for(".span-row");
    browser.screenshot("narrow-waterfall");
    assert_eq!(browser.run(overflow), json!(0));
}

#[test]
fn every_control_has_a_name_and_a_place_in_the_order() {
    let Some(browser) = Browser::start(1280, 800) else { return };
    let viewer = Viewer::of_shop();
    let trace = format!("#/traces/{}?span={}", trace_id(FAILED), span_id(2));
    for view in ["#/traces", trace.as_str(), "#/statistics", "#/findings", "#/metrics"] {
        browser.goto("about:blank");
        browser.goto(&viewer.address(view));
        browser.wait_for("main section");
        browser.wait_until("the view's content", || {
            browser.run("return document.querySelector('main').innerText.length > 40") == json!(true)
        });
        let nodes = browser.devtools("Accessibility.getFullAXTree", &json!({}))["nodes"].clone();
        let mut controls = 0;
        for node in nodes.as_array().unwrap().iter().filter(|node| node["ignored"] == json!(false)) {
            let role = node["role"]["value"].as_str().unwrap_or_default();
            if [
                "button",
                "searchbox",
                "textbox",
                "link",
                "grid",
                "treegrid",
                "dialog",
                "table",
                "navigation",
                "img",
            ]
            .contains(&role)
            {
                controls += 1;
                assert!(
                    !node["name"]["value"].as_str().unwrap_or_default().trim().is_empty(),
                    "{view}: {node}"
                );
            }
        }
        assert!(controls > 8, "{view}: {controls}");
    }
    browser.goto(&viewer.address("#/traces"));
    browser.wait_for(ROW);
    // From the first control on, each stop is in the order in which it is read.
    browser.run("document.activeElement.blur(); document.querySelector('.skip').focus()");
    let mut stops = Vec::new();
    for _ in 0..16 {
        stops.push(text_of(
            &browser,
            "const e = document.activeElement; return e.getAttribute('aria-label') || e.innerText",
        ));
        browser.press(&["\u{e004}"]);
    }
    let at = |name: &str| {
        stops.iter().position(|stop| stop.contains(name)).unwrap_or_else(|| panic!("{name}: {stops:?}"))
    };
    assert!(at("Skip") < at("otelrs") && at("otelrs") < at("Findings"), "{stops:?}");
    assert!(at("Findings") < at("Import") && at("Import") < at("Filter traces"), "{stops:?}");
    assert!(at("Filter traces") < at("Pause"), "{stops:?}");
    browser.press(&["?"]);
    browser.wait_for_text("dialog[open]", "Keys and filters");
    browser.screenshot("help");
    browser.press(&[ESCAPE]);
    browser.wait_until("the help to close", || browser.count("dialog[open]") == 0);
}

/// Scrolls from the top to the end, half a screen a frame, and notes what each frame shows and how long it took.
const SCROLL: &str = r"
    const done = arguments[0];
    const scroller = document.querySelector('.scroller');
    const seen = new Set();
    const frames = [];
    let most = 0;
    let before = 0;
    function note(now) {
        const rows = document.querySelectorAll('.canvas .span-row');
        most = Math.max(most, rows.length);
        const view = scroller.getBoundingClientRect();
        for (const row of rows) {
            const place = row.getBoundingClientRect();
            if (place.bottom > view.top && place.top < view.bottom) seen.add(row.dataset.number);
        }
        if (before) frames.push(now - before);
        before = now;
        if (scroller.scrollTop + scroller.clientHeight >= scroller.scrollHeight - 1) {
            return done({ seen: seen.size, most, frames });
        }
        scroller.scrollTop += Math.floor(scroller.clientHeight / 2);
        // The page draws in a frame of its own after the scroll: what is seen is noted in the one after it.
        requestAnimationFrame(() => requestAnimationFrame(note));
    }
    requestAnimationFrame(note);
";

/// Frames alone, as a person scrolls: a step each frame.
const FRAMES: &str = r"
    const done = arguments[0];
    const scroller = document.querySelector('.scroller');
    scroller.scrollTop = 0;
    const frames = [];
    let before = 0;
    function step(now) {
        if (before) frames.push(now - before);
        before = now;
        if (frames.length >= 400) return done(frames);
        scroller.scrollTop = (scroller.scrollTop + 180) % (scroller.scrollHeight - scroller.clientHeight);
        requestAnimationFrame(step);
    }
    requestAnimationFrame(step);
";

#[test]
fn ten_thousand_spans_scroll_with_few_rows_in_the_document() {
    const SPANS: u64 = 10_000;
    let Some(browser) = Browser::start(1280, 800) else { return };
    let viewer = Viewer::start();
    let child = |n: u64| {
        let start = n as f64 * 0.1;
        // Names differ, so that nothing is collapsed; every tenth span goes one level deeper.
        let parent = if n.is_multiple_of(10) || n < 3 { 1 } else { n - n % 10 };
        shop::span(7, n, parent, 3, &format!("SELECT table_{n}"), start, start + 0.09)
            .with("db.system.name", "h2")
    };
    let spans = (2..=SPANS).map(child).chain([shop::span(7, 1, 0, 2, "GET /report", 0.0, 1001.0)]).collect();
    viewer.send("/v1/traces", &shop::request("reports", spans));
    browser.goto(&viewer.address(&format!("#/traces/{}", trace_id(7))));
    browser.wait_for_text(".trace-facts", "10,000 spans");
    let scrolled = browser.run_async(SCROLL);
    assert_eq!(scrolled["seen"], json!(SPANS), "every row was shown");
    let most = scrolled["most"].as_u64().unwrap();
    assert!(most < 100, "{most} rows in the document at once");
    let mut frames: Vec<f64> =
        browser.run_async(FRAMES).as_array().unwrap().iter().filter_map(Value::as_f64).collect();
    frames.sort_by(f64::total_cmp);
    let at = |part: f64| frames[((frames.len() - 1) as f64 * part) as usize];
    println!(
        "scroll of {SPANS} spans: {} frames, p50 {:.1} ms, p95 {:.1} ms, longest {:.1} ms; at most {most} rows at once",
        frames.len(),
        at(0.5),
        at(0.95),
        at(1.0)
    );
    browser.screenshot("ten-thousand-spans");
}
