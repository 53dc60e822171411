//! Screens to an animated SVG. Box-drawing characters become rectangles, so that bars have no gaps in any font.

use std::fmt::Write as _;

use vt100::{Cell, Color, Screen};

/// Of a character, in pixels.
const WIDTH: f32 = 8.4;
const HEIGHT: f32 = 18.0;
/// From the top of a line to the foot of its letters.
const BASELINE: f32 = 13.5;
/// Around the screen.
const MARGIN: f32 = 14.0;
const SECONDS_A_FRAME: usize = 4;

const BACKGROUND: &str = "#0d1117";
const FOREGROUND: &str = "#c9d1d9";
/// The sixteen colours of a terminal.
const PALETTE: [&str; 16] = [
    "#484f58", "#ff7b72", "#3fb950", "#d29922", "#58a6ff", "#bc8cff", "#39c5cf", "#b1bac4", "#6e7681",
    "#ffa198", "#56d364", "#e3b341", "#79c0ff", "#d2a8ff", "#56d4dd", "#f0f6fc",
];

/// One screen after the other, for ever. Where nothing is animated the first one stays.
pub(super) fn animation(screens: &[Screen]) -> String {
    let (rows, columns) =
        screens.first().map_or((1, 1), |screen| (screen.size().0.get(), screen.size().1.get()));
    let (width, height) =
        (f32::from(columns) * WIDTH + 2.0 * MARGIN, f32::from(rows) * HEIGHT + 2.0 * MARGIN);
    let seconds = screens.len() * SECONDS_A_FRAME;
    let mut svg = String::new();
    // Writing to a String cannot fail.
    let _ = writeln!(
        svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" width=\"{width:.0}\" \
         height=\"{height:.0}\" role=\"img\" aria-label=\"otelrs view: traces, a waterfall, routes and queries\">\n\
         <style>text{{font:14px ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace;\
         white-space:pre}}.b{{font-weight:bold}}.d{{opacity:.6}}\
         .f{{opacity:0;animation:f {seconds}s steps(1) infinite}}.f:first-of-type{{opacity:1}}\
         @keyframes f{{0%{{opacity:1}}{share:.4}%{{opacity:0}}100%{{opacity:0}}}}\
         @media (prefers-reduced-motion:reduce){{.f{{animation:none}}}}</style>\n\
         <rect width=\"{width:.0}\" height=\"{height:.0}\" rx=\"8\" fill=\"{BACKGROUND}\"/>",
        share = 100.0 / screens.len().max(1) as f32,
    );
    for (number, screen) in screens.iter().enumerate() {
        let _ = writeln!(svg, "<g class=\"f\" style=\"animation-delay:{}s\">", number * SECONDS_A_FRAME);
        for row in 0..rows {
            line(&mut svg, screen, row, columns);
        }
        svg.push_str("</g>\n");
    }
    svg.push_str("</svg>\n");
    svg
}

/// How a cell looks, as attributes.
#[derive(Clone, PartialEq)]
struct Look {
    foreground: String,
    background: Option<String>,
    bold: bool,
    dim: bool,
}

impl Look {
    fn of(cell: &Cell) -> Self {
        let foreground = color(cell.fgcolor()).unwrap_or_else(|| FOREGROUND.to_owned());
        let background = color(cell.bgcolor());
        let (foreground, background) = if cell.inverse() {
            // Softer than the full reverse, which hides the colours.
            (foreground, Some("#30363d".to_owned()))
        } else {
            (foreground, background)
        };
        Self { foreground, background, bold: cell.bold(), dim: cell.dim() }
    }
}

fn color(color: Color) -> Option<String> {
    match color {
        Color::Default => None,
        Color::Idx(index) => PALETTE.get(usize::from(index)).map(|color| (*color).to_owned()),
        Color::Rgb(red, green, blue) => Some(format!("#{red:02x}{green:02x}{blue:02x}")),
    }
}

/// Runs of cells that look alike.
fn line(svg: &mut String, screen: &Screen, row: u16, columns: u16) {
    let mut run: Option<(u16, Look, String)> = None;
    for column in 0..columns {
        let Some(cell) = screen.cell(row, column) else { continue };
        let look = Look::of(cell);
        let contents = if cell.has_contents() { cell.contents() } else { " " };
        match &mut run {
            Some((_, of, text)) if *of == look => text.push_str(contents),
            _ => {
                if let Some(run) = run.replace((column, look, contents.to_owned())) {
                    draw(svg, row, &run);
                }
            }
        }
    }
    if let Some(run) = run {
        draw(svg, row, &run);
    }
}

fn draw(svg: &mut String, row: u16, (column, look, text): &(u16, Look, String)) {
    let (left, top) = (MARGIN + f32::from(*column) * WIDTH, MARGIN + f32::from(row) * HEIGHT);
    let count = text.chars().count() as f32;
    if let Some(background) = &look.background {
        rectangle(svg, (left, top, count * WIDTH, HEIGHT), background);
    }
    let letters: String =
        text.chars().map(|letter| if strokes(letter).is_empty() { letter } else { ' ' }).collect();
    let mut x = left;
    for alike in text.chars().collect::<Vec<char>>().chunk_by(|a, b| a == b) {
        let width = alike.len() as f32 * WIDTH;
        // What goes through the whole cell is one rectangle: neighbours would show a seam.
        for stroke in alike.first().map_or(&[][..], |letter| strokes(*letter)) {
            let through = stroke.width == 1.0;
            let cells = if through { 1 } else { alike.len() };
            for cell in 0..cells {
                let from = x + (cell as f32 + stroke.left) * WIDTH;
                let wide = if through { width } else { stroke.width * WIDTH };
                rectangle(svg, (from, top + stroke.top * HEIGHT, wide, stroke.height), &look.foreground);
            }
        }
        x += width;
    }
    let trimmed = letters.trim_end();
    if trimmed.trim_start().is_empty() {
        return;
    }
    let skipped = trimmed.chars().take_while(|character| *character == ' ').count();
    let shown: String = trimmed.chars().skip(skipped).collect();
    let classes = match (look.bold, look.dim) {
        (true, _) => " class=\"b\"",
        (false, true) => " class=\"d\"",
        (false, false) => "",
    };
    let fill = &look.foreground;
    let (x, y) = (left + skipped as f32 * WIDTH, top + BASELINE);
    let length = shown.chars().count() as f32 * WIDTH;
    let _ = writeln!(
        svg,
        "<text x=\"{x:.1}\" y=\"{y:.1}\" textLength=\"{length:.1}\" fill=\"{fill}\"{classes}>{}</text>",
        escape(&shown)
    );
}

fn rectangle(svg: &mut String, (x, y, width, height): (f32, f32, f32, f32), fill: &str) {
    let _ = writeln!(
        svg,
        "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" fill=\"{fill}\"/>"
    );
}

/// A rectangle of a box-drawing character.
struct Stroke {
    /// In parts of a cell.
    left: f32,
    /// In parts of a cell.
    top: f32,
    /// In parts of a cell.
    width: f32,
    /// In pixels.
    height: f32,
}

const THIN: f32 = 1.2;
const MIDDLE: Stroke = Stroke { left: 0.43, top: 0.47, width: 0.57, height: THIN };

fn strokes(character: char) -> &'static [Stroke] {
    match character {
        '━' => &[Stroke { left: 0.0, top: 0.35, width: 1.0, height: 6.0 }],
        '─' => &[Stroke { left: 0.0, top: 0.47, width: 1.0, height: THIN }],
        '│' => &[Stroke { left: 0.43, top: 0.0, width: 0.14, height: HEIGHT }],
        '├' => &[Stroke { left: 0.43, top: 0.0, width: 0.14, height: HEIGHT }, MIDDLE],
        '└' => &[Stroke { left: 0.43, top: 0.0, width: 0.14, height: HEIGHT / 2.0 }, MIDDLE],
        _ => &[],
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU16;

    use super::*;

    fn screen(bytes: &str) -> Screen {
        let size = |count| NonZeroU16::new(count).unwrap();
        let mut parser = vt100::Parser::new(size(2), size(20), 0);
        parser.process(bytes.as_bytes());
        parser.screen().clone()
    }

    #[test]
    fn runs_of_one_look_are_one_text_and_bars_are_rectangles() {
        let svg = animation(&[screen("plain \x1b[31;1mred & <bold>\x1b[0m\r\n\x1b[36m━━\x1b[0m")]);
        assert!(svg.contains(">plain</text>"), "{svg}");
        assert!(svg.contains("fill=\"#ff7b72\" class=\"b\">red &amp; &lt;bold&gt;</text>"), "{svg}");
        assert!(svg.contains("width=\"16.8\" height=\"6.0\" fill=\"#39c5cf\""), "{svg}");
        assert!(!svg.contains('━'));
    }

    #[test]
    fn every_screen_is_a_frame_at_its_time() {
        let svg = animation(&[screen("one"), screen("two"), screen("three")]);
        for (number, text) in ["one", "two", "three"].into_iter().enumerate() {
            let frame = format!("animation-delay:{}s\">", number * SECONDS_A_FRAME);
            let (_, rest) = svg.split_once(&frame).unwrap();
            assert!(rest.split("</g>").next().unwrap().contains(text));
        }
        assert!(svg.contains("33.3333%{opacity:0}"), "{svg}");
    }
}
