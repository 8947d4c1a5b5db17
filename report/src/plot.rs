//! Drawings of a report.

use plotters::coord::Shift;
use plotters::prelude::*;

use crate::alternative::{Change, Costs};
use crate::bytes::show;
use crate::traffic::Traffic;

const SIZE: (u32, u32) = (880, 440);
const FONT: (&str, i32) = ("sans-serif", 14);
const STEPS: RGBColor = RGBColor(220, 130, 0);
const RUN: RGBColor = RGBColor(0, 90, 181);
const LEAST: RGBColor = RGBColor(120, 120, 120);

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
type Fault = Box<dyn std::error::Error>;

/// The colour of what is changed.
pub(crate) fn colour(change: Option<Change>) -> RGBColor {
    match change {
        None => BLACK,
        Some(Change::Precision) => RGBColor(0, 90, 181),
        Some(Change::Compression) => RGBColor(220, 130, 0),
        Some(Change::Policy) => RGBColor(170, 40, 120),
    }
}

/// Bytes that move in a sequence, against the size of the cache. Empty where it cannot be drawn.
pub(crate) fn traffic(by_cache: &[Traffic]) -> String {
    svg(|area| draw_traffic(area, by_cache))
}

/// Multiply-accumulates against weights, with the number of each row of the table.
pub(crate) fn alternatives(points: &[(usize, Option<Change>, &Costs)]) -> String {
    svg(|area| draw_alternatives(area, points))
}

fn svg(draw: impl FnOnce(&Area<'_>) -> Result<(), Fault>) -> String {
    let mut text = String::new();
    let is_drawn = {
        let area = SVGBackend::with_string(&mut text, SIZE).into_drawing_area();
        draw(&area).and_then(|()| Ok(area.present()?)).is_ok()
    };
    if is_drawn { text } else { String::new() }
}

fn chart<'a, 'b>(area: &'a Area<'b>) -> ChartBuilder<'a, 'b, SVGBackend<'b>> {
    let mut chart = ChartBuilder::on(area);
    chart.margin(12).margin_right(36).x_label_area_size(44).y_label_area_size(84);
    chart
}

fn draw_traffic(area: &Area<'_>, by_cache: &[Traffic]) -> Result<(), Fault> {
    let bytes = |it: &Traffic| [Some(it.least_bytes), it.by_steps.map(|at| at.bytes), Some(it.run.bytes)];
    let all = || by_cache.iter().flat_map(bytes).flatten();
    let (lowest, highest) = (all().fold(f64::MAX, f64::min) / 1.5, all().fold(1.0, f64::max) * 1.5);
    let caches = by_cache.iter().map(|it| it.cache_bytes as f64);
    let (first, last) = (caches.clone().fold(f64::MAX, f64::min), caches.fold(1.0, f64::max));
    area.fill(&WHITE)?;
    let mut chart = chart(area)
        .build_cartesian_2d((first..last).log_scale().base(4.0), (lowest..highest).log_scale().base(2.0))?;
    chart
        .configure_mesh()
        .light_line_style(WHITE)
        .x_desc("cache")
        .y_desc("moves in a sequence")
        .x_label_formatter(&|bytes| show(*bytes))
        .y_label_formatter(&|bytes| show(*bytes))
        .label_style(FONT)
        .draw()?;
    let series: [(&str, RGBColor, usize); 3] =
        [("at least", LEAST, 0), ("step by step", STEPS, 1), ("in a run", RUN, 2)];
    for (name, colour, at) in series {
        let points = by_cache.iter().filter_map(|it| Some((it.cache_bytes as f64, bytes(it)[at]?)));
        let points: Vec<(f64, f64)> = points.collect();
        if points.is_empty() {
            continue;
        }
        let line = LineSeries::new(points, colour.stroke_width(2));
        chart
            .draw_series(if at == 0 { line } else { line.point_size(3) })?
            .label(name)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], colour.stroke_width(3)));
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperRight)
        .background_style(WHITE.mix(0.85))
        .border_style(RGBColor(190, 190, 190))
        .label_font(FONT)
        .draw()?;
    Ok(())
}

fn draw_alternatives(area: &Area<'_>, points: &[(usize, Option<Change>, &Costs)]) -> Result<(), Fault> {
    let flash = || points.iter().map(|(_, _, costs)| costs.flash_bytes as f64);
    let macs = || points.iter().map(|(_, _, costs)| costs.macs.max(1.0));
    let around = |least: f64, most: f64| (least / 1.3..most * 1.3).log_scale().base(2.0);
    let (x, y) = (
        around(flash().fold(f64::MAX, f64::min), flash().fold(1.0, f64::max)),
        around(macs().fold(f64::MAX, f64::min), macs().fold(1.0, f64::max)),
    );
    area.fill(&WHITE)?;
    let mut chart = chart(area).build_cartesian_2d(x, y)?;
    chart
        .configure_mesh()
        .light_line_style(WHITE)
        .x_desc("weights")
        .y_desc("MACs a step")
        .x_label_formatter(&|bytes| show(*bytes))
        .y_label_formatter(&|macs| format!("{macs:.0}"))
        .label_style(FONT)
        .draw()?;
    for (number, change, costs) in points {
        let place = (costs.flash_bytes as f64, costs.macs.max(1.0));
        let colour = colour(*change);
        let mark = EmptyElement::at(place)
            + Circle::new((0, 0), 5, colour.filled())
            + Text::new(number.to_string(), (7, -14), FONT.into_font().color(&colour));
        chart.draw_series([mark])?;
    }
    Ok(())
}
