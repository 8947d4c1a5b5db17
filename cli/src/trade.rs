//! What the insensitive ratios of dual modules save and lose, as a table, for programs and as a drawing.

use plotters::prelude::*;
use recurve_fit::Error;
use recurve_fit::dual_module::{Curve, Point, Trained};
use serde_json::{Value, json};

const SIZE: (u32, u32) = (880, 560);
const AGREEMENT: RGBColor = RGBColor(0, 90, 181);
const BYTES: RGBColor = RGBColor(220, 130, 0);

pub(crate) fn print(trained: &[Trained], curve: &Curve) {
    for module in trained {
        let dims: Vec<String> = module.dims.iter().map(ToString::to_string).collect();
        println!(
            "little module of `{}`: projections to {}, learned from {} steps; its sums are off by {:.1} % of the norm",
            module.name,
            dims.join(" and "),
            module.steps,
            module.error * 100.0
        );
    }
    println!("\non {} sequences they have not seen, against every row read:", curve.sequences);
    println!(
        "{:>7}  {:>11}  {:>7}  {:>9}  {:>10}",
        "ratio", "insensitive", "bytes", "agreement", "difference"
    );
    for point in &curve.points {
        println!(
            "{:>5.0} %  {:>9.1} %  {:>5.1} %  {:>7.2} %  {:>10.4}",
            point.ratio * 100.0,
            point.insensitive * 100.0,
            point.bytes * 100.0,
            point.agreement * 100.0,
            point.difference
        );
    }
    println!(
        "insensitive: rows that are not read; bytes: of the layers' weights, the little modules' included; agreement: \
         outputs with the same largest number"
    );
}

pub(crate) fn for_programs(trained: &[Trained], curve: &Curve) -> Value {
    let module = |module: &Trained| {
        json!({
            "name": module.name,
            "dims": module.dims,
            "steps": module.steps,
            "relative_error": module.error,
        })
    };
    let point = |point: &Point| {
        json!({
            "ratio": (point.ratio * 1e6).round() / 1e6,
            "insensitive": point.insensitive,
            "bytes": point.bytes,
            "agreement": point.agreement,
            "difference": point.difference,
        })
    };
    json!({
        "modules": trained.iter().map(module).collect::<Vec<Value>>(),
        "sequences": curve.sequences,
        "points": curve.points.iter().map(point).collect::<Vec<Value>>(),
    })
}

/// Agreement and bytes against the share of rows that is not read.
pub(crate) fn svg(curve: &Curve) -> Result<String, Error> {
    let mut text = String::new();
    draw(curve, &mut text).map_err(|error| Error::new(format!("cannot draw the curve: {error}")))?;
    Ok(text)
}

fn draw(curve: &Curve, text: &mut String) -> Result<(), Box<dyn std::error::Error>> {
    let area = SVGBackend::with_string(text, SIZE).into_drawing_area();
    area.fill(&WHITE)?;
    let highest = curve.points.iter().map(|point| 100.0 * point.bytes).fold(105.0, f64::max);
    let mut chart = ChartBuilder::on(&area)
        .margin(16)
        .caption(format!("rows left out, {} sequences", curve.sequences), ("sans-serif", 18))
        .x_label_area_size(44)
        .y_label_area_size(56)
        .build_cartesian_2d(0.0..100.0, 0.0..highest)?;
    chart
        .configure_mesh()
        .light_line_style(WHITE)
        .x_desc("rows that are not read, %")
        .y_desc("%")
        .label_style(("sans-serif", 14))
        .draw()?;
    type Series = (&'static str, fn(&Point) -> f64, RGBColor);
    let series: [Series; 2] = [
        ("outputs with the same largest number", |point| 100.0 * point.agreement, AGREEMENT),
        ("bytes of weights read", |point| 100.0 * point.bytes, BYTES),
    ];
    for (name, value, colour) in series {
        let places = curve.points.iter().map(|point| (100.0 * point.insensitive, value(point)));
        chart
            .draw_series(LineSeries::new(places, colour.stroke_width(2)).point_size(3))?
            .label(name)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], colour.stroke_width(3)));
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::LowerLeft)
        .background_style(WHITE.mix(0.85))
        .border_style(RGBColor(190, 190, 190))
        .label_font(("sans-serif", 14))
        .draw()?;
    area.present()?;
    Ok(())
}
