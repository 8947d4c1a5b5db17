//! What a predictor's thresholds save and lose, as a table, for programs and as a drawing.

use plotters::prelude::*;
use recurve_fit::Error;
use recurve_fit::predictor::{CHANGED, Curve, LOSS, Point, Trained};
use serde_json::{Value, json};

const SIZE: (u32, u32) = (880, 560);
const PREDICTOR: RGBColor = RGBColor(0, 90, 181);
const IDEAL: RGBColor = RGBColor(90, 90, 90);
const CONCAT: RGBColor = RGBColor(220, 130, 0);
const STOP_TOKENS: RGBColor = RGBColor(170, 40, 120);

pub(crate) fn print(trained: &Trained) {
    let curve = &trained.curve;
    println!(
        "predictor `{}`: learned from {} steps; {:.1} % of the labels of unseen steps are right",
        trained.name,
        trained.samples,
        trained.right * 100.0
    );
    println!("\non {} sequences it has not seen, against every step executed:", curve.sequences);
    println!("{:<30}  {:>8}  {:>8}  {:>9}  {:>9}", "", "executed", "MACs", "accuracy", "agreement");
    let line = |title: &str, point: &Point| {
        println!(
            "{title:<30}  {:>6.1} %  {:>6.1} %  {:>9}  {:>7.2} %",
            point.updates * 100.0,
            point.macs * 100.0,
            point.accuracy.map_or("-".into(), |accuracy| format!("{:.2} %", accuracy * 100.0)),
            point.agreement * 100.0,
        );
    };
    line("every step", &curve.plain);
    for point in &curve.predictor {
        let mark = if point.at == curve.chosen { "  <- chosen" } else { "" };
        line(&format!("threshold {:.2e}{mark}", point.at), point);
    }
    for point in &curve.ideal {
        line(&format!("ideal, change {:.3}", point.at), point);
    }
    for point in &curve.concat {
        line(&format!("concat {0} + {0}", point.at), point);
    }
    for point in &curve.stop_tokens {
        line(&format!("{} stop tokens", point.at), point);
    }
    match curve.predictor.iter().find(|point| point.at == curve.chosen) {
        Some(point) => println!(
            "\nthreshold {:.2e}: {:.1} % fewer MACs, the predictor's included; chosen among those that lose at most {:.1} \
             points and give at most {:.0} % another class",
            curve.chosen,
            (1.0 - point.macs) * 100.0,
            LOSS * 100.0,
            CHANGED * 100.0
        ),
        None => println!(
            "\nno threshold saves anything, loses at most {:.1} points and gives at most {:.0} % another class: 0 was \
             chosen, which executes every step",
            LOSS * 100.0,
            CHANGED * 100.0
        ),
    }
}

pub(crate) fn for_programs(trained: &Trained) -> Value {
    let point = |point: &Point| {
        json!({
            "at": point.at,
            "updates": point.updates,
            "macs": point.macs,
            "accuracy": point.accuracy,
            "agreement": point.agreement,
            "difference": point.difference,
        })
    };
    let points = |points: &[Point]| points.iter().map(point).collect::<Vec<Value>>();
    let curve = &trained.curve;
    json!({
        "name": trained.name,
        "samples": trained.samples,
        "labels_right": trained.right,
        "sequences": curve.sequences,
        "chosen": curve.chosen,
        "every_step": point(&curve.plain),
        "predictor": points(&curve.predictor),
        "ideal": points(&curve.ideal),
        "concat": points(&curve.concat),
        "stop_tokens": points(&curve.stop_tokens),
    })
}

/// Accuracy, or agreement where there are no labels, against multiply-accumulates.
pub(crate) fn svg(curve: &Curve) -> Result<String, Error> {
    let mut text = String::new();
    draw(curve, &mut text).map_err(|error| Error::new(format!("cannot draw the curve: {error}")))?;
    Ok(text)
}

fn draw(curve: &Curve, text: &mut String) -> Result<(), Box<dyn std::error::Error>> {
    let value = |point: &Point| 100.0 * point.accuracy.unwrap_or(point.agreement);
    let series: [(&str, &[Point], RGBColor); 4] = [
        ("predictor", &curve.predictor, PREDICTOR),
        ("ideal predictor, a bound", &curve.ideal, IDEAL),
        ("concat", &curve.concat, CONCAT),
        ("stop tokens", &curve.stop_tokens, STOP_TOKENS),
    ];
    let all = || series.iter().flat_map(|(_, points, _)| points.iter()).chain([&curve.plain]);
    let lowest = all().map(value).fold(100.0, f64::min).floor() - 1.0;
    let highest = (all().map(value).fold(0.0, f64::max).ceil() + 1.0).min(101.0);
    let widest = all().map(|point| 100.0 * point.macs).fold(100.0, f64::max) + 3.0;

    let area = SVGBackend::with_string(text, SIZE).into_drawing_area();
    area.fill(&WHITE)?;
    let what = if curve.plain.accuracy.is_some() { "accuracy" } else { "agreement with every step executed" };
    let mut chart = ChartBuilder::on(&area)
        .margin(16)
        .caption(format!("{what} against MACs, {} sequences", curve.sequences), ("sans-serif", 18))
        .x_label_area_size(44)
        .y_label_area_size(56)
        .build_cartesian_2d(0.0..widest, lowest..highest)?;
    chart
        .configure_mesh()
        .light_line_style(WHITE)
        .x_desc("MACs, % of every step executed")
        .y_desc(format!("{what}, %"))
        .label_style(("sans-serif", 14))
        .draw()?;
    for (name, points, colour) in series {
        if points.is_empty() {
            continue;
        }
        let mut places: Vec<(f64, f64)> =
            points.iter().map(|point| (100.0 * point.macs, value(point))).collect();
        places.sort_by(|a, b| a.0.total_cmp(&b.0));
        chart
            .draw_series(LineSeries::new(places.iter().copied(), colour.stroke_width(2)).point_size(3))?
            .label(name)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], colour.stroke_width(3)));
    }
    chart
        .draw_series([Circle::new((100.0, value(&curve.plain)), 5, BLACK.filled())])?
        .label("every step")
        .legend(|(x, y)| Circle::new((x + 9, y), 5, BLACK.filled()));
    if let Some(chosen) = curve.predictor.iter().find(|point| point.at == curve.chosen) {
        let place = (100.0 * chosen.macs, value(chosen));
        chart
            .draw_series([Circle::new(place, 8, PREDICTOR.stroke_width(2))])?
            .label(format!("chosen threshold, {:.3}", curve.chosen))
            .legend(|(x, y)| Circle::new((x + 9, y), 6, PREDICTOR.stroke_width(2)));
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::LowerRight)
        .background_style(WHITE.mix(0.85))
        .border_style(RGBColor(190, 190, 190))
        .label_font(("sans-serif", 14))
        .draw()?;
    area.present()?;
    Ok(())
}
