//! The page with all results, and its drawing.

use std::fmt::Write as _;

use crate::builds::Build;
use crate::cold::Start;
use crate::peers::{PEERS, Task};
use crate::plot::{Axis, Line, svg};
use crate::shapes::Shape;
use crate::speed::Measured;
use crate::trained::Table;

/// Microseconds in three digits or so.
pub fn time(seconds: f64) -> String {
    match seconds * 1e6 {
        time if time < 10.0 => format!("{time:.2} us"),
        time if time < 100.0 => format!("{time:.1} us"),
        time if time < 10_000.0 => format!("{time:.0} us"),
        time => format!("{:.1} ms", time / 1e3),
    }
}

/// A table of one task: recurve's time, what each peer takes of it, and the best Rust peer.
pub fn times(measured: &[Measured], task: Task) -> String {
    let mut table = String::from("| network | recurve |");
    for peer in PEERS {
        table += &format!(" {} |", peer.name);
    }
    table += " best in Rust |";
    table += if task == Task::Step { " read |\n|---|--:|" } else { "\n|---|--:|" };
    table += &"--:|".repeat(PEERS.len() + 1 + usize::from(task == Task::Step));
    table.push('\n');
    for row in measured.iter().filter(|row| row.task == task) {
        let Some(own) = row.own.first() else {
            continue;
        };
        // Writing to a string cannot fail.
        let _ = write!(table, "| {} | {} |", row.shape.name(), time(own.seconds));
        for peer in PEERS {
            let found = row.peers.iter().find(|speed| speed.name == peer.name);
            table += &found
                .map_or(" - |".into(), |speed| format!(" {} {:.1}x |", time(speed.seconds), speed.times));
        }
        let best = row
            .peers
            .iter()
            .filter(|speed| speed.is_rust)
            .map(|speed| speed.times)
            .fold(f64::INFINITY, f64::min);
        let _ = write!(table, " {best:.1}x |");
        if task == Task::Step {
            table += &row.read.map_or(" - |".into(), |(_, part)| format!(" {part:.2} |"));
        }
        table.push('\n');
    }
    table
}

/// recurve's own precisions.
pub fn precisions(measured: &[Measured]) -> String {
    let mut table = String::from(
        "| network | task | f16 | off by | int8 | off by | int4 | off by |\n|---|---|--:|--:|--:|--:|--:|--:|\n",
    );
    for row in measured {
        let task = if row.task == Task::Step { "step" } else { "32 steps" };
        let _ = write!(table, "| {} | {task} |", row.shape.name());
        for own in row.own.iter().skip(1) {
            let _ = write!(table, " {:.2}x | {:.4} |", own.times, own.difference);
        }
        table.push('\n');
    }
    table
}

/// int8 beside the fastest peer, which is in f32.
pub fn int8(measured: &[Measured]) -> String {
    let mut table = String::from(
        "| network, one step | int8 | fastest peer, f32 | | times as fast | off by |\n|---|--:|---|--:|--:|--:|\n",
    );
    for row in measured.iter().filter(|row| row.task == Task::Step) {
        let own = row.own.iter().find(|own| own.name.ends_with("int8"));
        let best = row.peers.iter().min_by(|a, b| a.times.total_cmp(&b.times));
        if let (Some(own), Some(best)) = (own, best) {
            let _ = writeln!(
                table,
                "| {} | {} | {} | {} | {:.1}x | {:.4} |",
                row.shape.name(),
                time(own.seconds),
                best.name,
                time(best.seconds),
                best.times / own.times,
                own.difference
            );
        }
    }
    table
}

pub fn cold(starts: &[(Shape, Vec<Start>)]) -> String {
    let mut table = String::from("| network | |");
    let names: Vec<&str> =
        starts.first().map_or(Vec::new(), |(_, starts)| starts.iter().map(|it| it.name).collect());
    for name in &names {
        table += &format!(" {name} |");
    }
    table += "\n|---|---|";
    table += &"--:|".repeat(names.len());
    table.push('\n');
    for (shape, starts) in starts {
        let own = starts.first().map_or(f64::NAN, |own| own.microseconds);
        let _ = write!(table, "| {} | first output |", shape.name());
        for name in &names {
            let found = starts.iter().find(|start| start.name == *name);
            table += &found.map_or(" - |".into(), |start| {
                format!(" {} {:.0}x |", time(start.microseconds * 1e-6), start.microseconds / own)
            });
        }
        let _ = write!(table, "\n| | memory |");
        for name in &names {
            let found = starts.iter().find(|start| start.name == *name);
            table += &found.map_or(" - |".into(), |start| format!(" {:.1} MiB |", start.kib / 1024.0));
        }
        table.push('\n');
    }
    table
}

pub fn trained(tables: &[Table]) -> String {
    if tables.is_empty() {
        return "Left out: the test data is not there.".into();
    }
    let table = |Table { text, drawing, name }: &Table| match drawing {
        Some(_) => format!("{text}\n![accuracy over the time of a step](peers/{name}.svg)\n"),
        None => text.clone(),
    };
    tables.iter().map(table).collect::<Vec<_>>().join("\n")
}

pub fn builds(builds: &[Build]) -> String {
    if builds.is_empty() {
        return String::new();
    }
    let mut text = String::from(
        "## The smallest program\n\nOne that takes a step of LSTM 10->118: built from nothing in release on this machine, the crates downloaded \
         before; its size without symbols, and that of the file that it reads.\n\n\
         | | build | program | file |\n|---|--:|--:|--:|\n",
    );
    for build in builds {
        let kib = |bytes: u64| format!("{:.0} KiB", bytes as f64 / 1024.0);
        let file = if build.file_bytes == 0 { "none".into() } else { kib(build.file_bytes) };
        let _ = writeln!(text, "| {} | {:.0} s | {} | {file} |", build.name, build.seconds, kib(build.bytes));
    }
    text
}

/// The time of a step over the bytes of the weights.
pub fn drawing(measured: &[Measured]) -> String {
    let mut rows: Vec<&Measured> = measured.iter().filter(|row| row.task == Task::Step).collect();
    rows.sort_by_key(|row| row.weight_bytes);
    let bytes = |row: &Measured| row.weight_bytes as f64 / 1024.0;
    let line =
        |name: &str, points: Vec<(f64, f64)>| Line { name: name.into(), points, dashed: false, joined: true };
    let mut lines = Vec::new();
    for name in ["recurve f32", "recurve int8"] {
        let of = |row: &&Measured| {
            row.own.iter().find(|own| own.name == name).map(|own| (bytes(row), own.seconds * 1e6))
        };
        lines.push(line(name, rows.iter().filter_map(of).collect()));
    }
    for peer in PEERS {
        let of = |row: &&Measured| {
            row.peers.iter().find(|it| it.name == peer.name).map(|it| (bytes(row), it.seconds * 1e6))
        };
        lines.push(line(peer.name, rows.iter().filter_map(of).collect()));
    }
    let read = rows.iter().filter_map(|row| Some((bytes(row), row.read?.0 * 1e6))).collect();
    lines.push(Line { dashed: true, ..line("reading the weights", read) });
    lines.retain(|line| !line.points.is_empty());
    let all = || lines.iter().flat_map(|line| &line.points);
    let range = |of: fn(&(f64, f64)) -> f64| {
        let (low, high) =
            all().map(of).fold((f64::INFINITY, 0.0f64), |(low, high), it| (low.min(it), high.max(it)));
        (low / 1.3, high * 1.3)
    };
    let (x, y) = (range(|point| point.0), range(|point| point.1));
    let x = Axis { title: "KiB of weights in f32", from: x.0, to: x.1, logarithmic: true };
    let y = Axis { title: "microseconds a step", from: y.0, to: y.1, logarithmic: true };
    svg(&x, &y, &lines)
}
