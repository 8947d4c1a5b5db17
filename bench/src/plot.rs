//! Drawings with two logarithmic or linear axes.

use std::fmt::Write as _;

/// Size of the drawing, and of what surrounds its axes: left, top, right, bottom.
const SIZE: (f64, f64) = (760.0, 440.0);
const MARGIN: [f64; 4] = [70.0, 20.0, 170.0, 50.0];
const COLOURS: [&str; 9] =
    ["#c0392b", "#2471a3", "#229954", "#7d3c98", "#d68910", "#148f77", "#5d6d7e", "#a04000", "#1a5276"];

/// Numbers along an axis.
pub struct Axis {
    pub title: &'static str,
    pub from: f64,
    pub to: f64,
    pub logarithmic: bool,
}

impl Axis {
    /// How far along the axis, 0 to 1.
    fn at(&self, value: f64) -> f64 {
        let scale = |value: f64| if self.logarithmic { value.log10() } else { value };
        (scale(value) - scale(self.from)) / (scale(self.to) - scale(self.from))
    }

    fn marks(&self) -> Vec<f64> {
        if self.logarithmic {
            let (first, last) = (self.from.log10().ceil() as i32, self.to.log10().floor() as i32);
            return (first..=last).map(|power| 10f64.powi(power)).collect();
        }
        let rough = (self.to - self.from) / 6.0;
        let power = 10f64.powf(rough.log10().floor());
        let step = [1.0, 2.0, 5.0, 10.0]
            .into_iter()
            .map(|it| it * power)
            .find(|step| *step >= rough)
            .unwrap_or(power);
        let first = (self.from / step).ceil() as i64;
        (first..).map(|at| at as f64 * step).take_while(|mark| *mark <= self.to + step * 1e-6).collect()
    }
}

/// Points in order of their first number, with a name.
pub struct Line {
    pub name: String,
    pub points: Vec<(f64, f64)>,
    /// Dashes, for what is a limit and no measurement of its kind.
    pub dashed: bool,
    /// Whether points are joined.
    pub joined: bool,
}

/// The drawing of `lines` as SVG.
pub fn svg(x: &Axis, y: &Axis, lines: &[Line]) -> String {
    let (width, height) = SIZE;
    let [left, top, right, bottom] = MARGIN;
    let place = |(px, py): (f64, f64)| {
        (left + x.at(px) * (width - left - right), height - bottom - y.at(py) * (height - top - bottom))
    };
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" font-family=\"sans-serif\" font-size=\"12\">\n\
         <rect width=\"{width}\" height=\"{height}\" fill=\"white\"/>\n"
    );
    // Writing to a string cannot fail.
    for mark in x.marks() {
        let (at, _) = place((mark, y.from));
        let (low, high) = (height - bottom, top);
        let _ = writeln!(
            svg,
            "<path d=\"M{at:.1} {low:.1}V{high:.1}\" stroke=\"#ddd\"/><text x=\"{at:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>",
            low + 18.0,
            label(mark)
        );
    }
    for mark in y.marks() {
        let (_, at) = place((x.from, mark));
        let far = width - right;
        let _ = writeln!(
            svg,
            "<path d=\"M{left} {at:.1}H{far:.1}\" stroke=\"#ddd\"/><text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
            left - 6.0,
            at + 4.0,
            label(mark)
        );
    }
    let middle = ((left + width - right) / 2.0, (top + height - bottom) / 2.0);
    let _ = writeln!(
        svg,
        "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>",
        middle.0,
        height - 10.0,
        x.title
    );
    let _ = writeln!(
        svg,
        "<text transform=\"translate(16 {:.1}) rotate(-90)\" text-anchor=\"middle\">{}</text>",
        middle.1, y.title
    );
    for (index, line) in lines.iter().enumerate() {
        let colour = if line.dashed { "#333" } else { COLOURS[index % COLOURS.len()] };
        let places: Vec<(f64, f64)> = line.points.iter().map(|point| place(*point)).collect();
        if line.joined {
            let path: Vec<String> = places.iter().map(|(x, y)| format!("{x:.1} {y:.1}")).collect();
            let dashes = if line.dashed { " stroke-dasharray=\"6 4\"" } else { "" };
            let _ = writeln!(
                svg,
                "<path d=\"M{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"1.6\"{dashes}/>",
                path.join("L")
            );
        }
        if !line.dashed {
            for (x, y) in &places {
                let _ = writeln!(svg, "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3\" fill=\"{colour}\"/>");
            }
        }
        let at = top + 14.0 + 18.0 * index as f64;
        let from = width - right + 12.0;
        let _ = writeln!(
            svg,
            "<path d=\"M{from:.1} {:.1}h18\" stroke=\"{colour}\" stroke-width=\"2\"/><text x=\"{:.1}\" y=\"{at:.1}\">{}</text>",
            at - 4.0,
            from + 24.0,
            line.name
        );
    }
    svg + "</svg>\n"
}

fn label(mark: f64) -> String {
    if mark >= 1e4 || (mark != 0.0 && mark.abs() < 1e-3) {
        format!("{mark:.0e}")
    } else {
        format!("{}", (mark * 1e6).round() / 1e6)
    }
}
