//! A flame graph as SVG: a box for each frame, as wide as its share of the samples, above the frame that called it.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::stacks::{Kind, Stacks};

const WIDTH: f64 = 1200.0;
const LINE: f64 = 15.0;
/// A letter of the font, about.
const LETTER: f64 = 6.2;
/// The least share of the samples that has a box, and by how much it is raised while the picture is too large.
const LEAST: f64 = 0.000_5;
const RAISED: f64 = 1.4;
/// Bytes of a picture that a repository keeps.
const LARGEST: usize = 380_000;

/// A frame below one caller.
#[derive(Debug, Default)]
struct Node {
    samples: u64,
    calls: BTreeMap<String, Node>,
}

/// Draws all samples. Boxes that are too narrow to be seen are left out.
pub(super) fn draw(title: &str, stacks: &Stacks) -> String {
    let mut root = Node::default();
    for (frames, count) in stacks.iter() {
        root.samples += count;
        let mut node = &mut root;
        for frame in frames {
            node = node.calls.entry(frame.clone()).or_default();
            node.samples += count;
        }
    }
    let mut least = LEAST;
    loop {
        let picture = picture(title, &root, least);
        if picture.len() <= LARGEST {
            return picture;
        }
        least *= RAISED;
    }
}

fn picture(title: &str, root: &Node, least: f64) -> String {
    let mut boxes = Boxes { total: root.samples.max(1) as f64, least, rows: 0, svg: String::new() };
    boxes.above(root, 0, 0);
    let height = (boxes.rows as f64 + 3.0) * LINE;
    let floor = height - LINE;
    let least = least * 100.0;
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" font-family=\"sans-serif\" \
         font-size=\"11\"><style>.n{{fill:#2f81b7}}.g{{fill:#7fc3ea}}.j{{fill:#9ccc8f}}.c{{fill:#e8c170}}.o{{fill:#c8c8c8}}\
         rect{{stroke:#fff;stroke-width:.5}}text{{fill:#111;pointer-events:none}}</style>\
         <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\
         <text x=\"4\" y=\"12\" font-size=\"12\">{} - {} samples; dark blue: libotelrs.so, light blue: its Java classes, \
         green: Java, yellow: JVM and C; frames below {least:.2} % left out</text>\
         <g transform=\"translate(0 {floor})\">{}</g></svg>\n",
        escaped(title),
        root.samples,
        boxes.svg
    )
}

struct Boxes {
    total: f64,
    least: f64,
    rows: usize,
    svg: String,
}

impl Boxes {
    /// All that a frame calls, from left to right in the order of the names.
    fn above(&mut self, caller: &Node, row: usize, mut left: u64) {
        for (frame, node) in &caller.calls {
            let share = node.samples as f64 / self.total;
            if share >= self.least {
                self.add(frame, node, row, left, share);
                self.above(node, row + 1, left);
            }
            left += node.samples;
        }
    }

    fn add(&mut self, frame: &str, node: &Node, row: usize, left: u64, share: f64) {
        self.rows = self.rows.max(row + 1);
        let (x, width) = (left as f64 / self.total * WIDTH, share * WIDTH);
        let y = -(row as f64 + 1.0) * LINE;
        let class = match Kind::of(frame) {
            Kind::OursNative => 'n',
            Kind::OursJava => 'g',
            Kind::Java => 'j',
            Kind::Native => 'c',
            Kind::Other => 'o',
        };
        let name = escaped(frame);
        let _ = write!(
            self.svg,
            "<rect class=\"{class}\" x=\"{x:.1}\" y=\"{y}\" width=\"{width:.1}\" height=\"{LINE}\"><title>{name} {:.2}% \
             ({})</title></rect>",
            share * 100.0,
            node.samples
        );
        let letters = (width / LETTER) as usize;
        // What tells frames apart is at the end of their names.
        let short = frame.rsplit(['/', '`']).next().unwrap_or(frame);
        if letters > 3 {
            let shown: String = short.chars().take(letters).collect();
            let (x, y) = (x + 2.0, y + LINE - 4.0);
            let _ = write!(self.svg, "<text x=\"{x:.1}\" y=\"{y}\">{}</text>", escaped(&shown));
        }
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_box_is_as_wide_as_its_share_and_stands_on_its_caller() {
        let svg = draw("a & b", &Stacks::parse("[t];a/A.x;b/B.<y> 3\n[t];a/A.x 1\n"));
        for part in [
            "<rect class=\"o\" x=\"0.0\" y=\"-15\" width=\"1200.0\"",
            "<rect class=\"j\" x=\"0.0\" y=\"-45\" width=\"900.0\" height=\"15\"><title>b/B.&lt;y&gt; 75.00% (3)",
            "a &amp; b - 4 samples",
        ] {
            assert!(svg.contains(part), "no {part} in {svg}");
        }
    }

    #[test]
    fn a_picture_is_no_larger_than_a_repository_keeps() {
        let lines: Vec<String> = (0..20_000).map(|number| format!("[t];a/Class{number}.method 1")).collect();
        let svg = draw("many", &Stacks::parse(&lines.join("\n")));
        assert!(svg.len() <= LARGEST && svg.contains("[t]"), "{}", svg.len());
    }
}
