//! Networks as ONNX files: a node a level, states as inputs and outputs.

use crate::Fault;
use crate::shapes::{Cell, Shape};
use crate::weights::{self, Direction};

/// `TensorProto.DataType`.
const FLOAT: usize = 1;
const INT64: usize = 7;
/// `AttributeProto.AttributeType`.
const INT: usize = 2;
const STRING: usize = 3;

/// Names of the states that go in, and of those that come out, in one order.
pub struct Names {
    pub states: Vec<String>,
    pub new_states: Vec<String>,
}

impl Names {
    pub fn of(shape: &Shape) -> Names {
        let kinds: &[&str] = match shape.cell {
            Cell::Lstm => &["h", "c"],
            Cell::Gru => &["h"],
        };
        let states = |end: &str| -> Vec<String> {
            let of_level = |level| kinds.iter().map(move |kind| format!("{kind}{level}{end}"));
            (0..shape.levels).flat_map(of_level).collect()
        };
        Names { states: states(""), new_states: states("_new") }
    }
}

/// The network over `steps` steps of one sequence: from `x`, `[steps, 1, input]`, to `y`, `[steps, directions, 1, hidden]`;
/// with classes, to their probabilities behind the last step, `[1, classes]`.
pub fn model(shape: &Shape, steps: usize) -> Result<Vec<u8>, Fault> {
    let (count, gates, hidden) = (shape.directions(), shape.gates(), shape.hidden);
    let mut graph = Message::default().text(2, "network");
    let names = Names::of(shape);
    graph = graph.message(11, value("x", &[steps, 1, shape.input]));
    graph = graph.message(
        12,
        match shape.classes {
            0 => value("y", &[steps, count, 1, hidden]),
            classes => value("y", &[1, classes]),
        },
    );
    for (state, new) in names.states.iter().zip(&names.new_states) {
        graph =
            graph.message(11, value(state, &[count, 1, hidden])).message(12, value(new, &[count, 1, hidden]));
    }
    let mut read = "x".to_owned();
    for (level, directions) in weights::read(shape)?.into_iter().enumerate() {
        let input = shape.input_of(level);
        let numbers =
            |of: &dyn Fn(&Direction) -> Vec<f32>| directions.iter().flat_map(of).collect::<Vec<f32>>();
        let ordered = |numbers: &[f32], columns: usize| reorder(shape.cell, numbers, hidden * columns);
        let biases = |it: &Direction| [ordered(&it.bias_ih, 1), ordered(&it.bias_hh, 1)].concat();
        let [w, r, b] = ["w", "r", "b"].map(|kind| format!("{kind}{level}"));
        let of_input = numbers(&|it| ordered(&it.weight_ih, input));
        let of_state = numbers(&|it| ordered(&it.weight_hh, hidden));
        graph = graph
            .message(5, floats(&w, &[count, gates * hidden, input], &of_input))
            .message(5, floats(&r, &[count, gates * hidden, hidden], &of_state))
            .message(5, floats(&b, &[count, 2 * gates * hidden], &numbers(&biases)));
        let is_last = level + 1 == shape.levels;
        let y = if is_last && shape.classes == 0 { "y".to_owned() } else { format!("y{level}") };
        let kind = match shape.cell {
            Cell::Lstm => "LSTM",
            Cell::Gru => "GRU",
        };
        // The empty name stands for lengths, which are not given.
        let mut node =
            [read.as_str(), &w, &r, &b, ""].iter().fold(Message::default(), |node, name| node.text(1, name));
        let end = format!("{level}");
        let of_level = || names.states.iter().filter(|name| name[1..] == end);
        for state in of_level() {
            node = node.text(1, state);
        }
        node = node.text(2, &y);
        for state in of_level() {
            node = node.text(2, &format!("{state}_new"));
        }
        let direction = if shape.bidirectional { "bidirectional" } else { "forward" };
        node =
            node.text(3, &format!("level{level}")).text(4, kind).message(5, integer("hidden_size", hidden));
        node = node.message(5, text("direction", direction));
        if shape.cell == Cell::Gru {
            node = node.message(5, integer("linear_before_reset", 1));
        }
        graph = graph.message(1, node);
        if !is_last {
            // Only networks of one direction have levels.
            read = format!("x{}", level + 1);
            let axes = format!("axes{level}");
            let squeeze = Message::default().text(1, &y).text(1, &axes).text(2, &read);
            graph = graph
                .message(5, tensor(&axes, &[1], INT64, &1u64.to_le_bytes()))
                .message(1, squeeze.text(3, &format!("squeeze{level}")).text(4, "Squeeze"));
        }
    }
    if shape.classes > 0 {
        graph = classifier(graph, shape, &format!("h{}_new", shape.levels - 1))?;
    }
    let operators = Message::default().text(1, "").number(2, 14);
    Ok(Message::default().number(1, 8).text(2, "recurve").message(7, graph).message(8, operators).0)
}

/// Adds a linear layer and a softmax behind the hidden vector `h`.
fn classifier(graph: Message, shape: &Shape, h: &str) -> Result<Message, Fault> {
    let [weight, bias] = weights::head(shape)?;
    let node = |inputs: &[&str], output: &str, kind: &str| {
        let node = inputs.iter().fold(Message::default(), |node, name| node.text(1, name));
        node.text(2, output).text(3, kind).text(4, kind)
    };
    let axes = tensor("head_axes", &[1], INT64, &0u64.to_le_bytes());
    Ok(graph
        .message(5, axes)
        .message(5, floats("head_weight", &[shape.classes, shape.hidden], &weight))
        .message(5, floats("head_bias", &[shape.classes], &bias))
        .message(1, node(&[h, "head_axes"], "head_x", "Squeeze"))
        .message(
            1,
            node(&["head_x", "head_weight", "head_bias"], "sums", "Gemm").message(5, integer("transB", 1)),
        )
        .message(1, node(&["sums"], "y", "Softmax").message(5, integer("axis", 1))))
}

/// The gates in the order of ONNX: `i o f c` of an LSTM, `z r h` of a GRU.
fn reorder(cell: Cell, numbers: &[f32], gate: usize) -> Vec<f32> {
    let order: &[usize] = match cell {
        Cell::Lstm => &[0, 3, 1, 2],
        Cell::Gru => &[1, 0, 2],
    };
    order.iter().flat_map(|at| &numbers[at * gate..(at + 1) * gate]).copied().collect()
}

/// `ValueInfoProto` of floats.
fn value(name: &str, sizes: &[usize]) -> Message {
    let shape = sizes
        .iter()
        .fold(Message::default(), |shape, size| shape.message(1, Message::default().number(1, *size)));
    let tensor = Message::default().number(1, FLOAT).message(2, shape);
    Message::default().text(1, name).message(2, Message::default().message(1, tensor))
}

/// `TensorProto`
fn tensor(name: &str, sizes: &[usize], kind: usize, data: &[u8]) -> Message {
    let tensor = sizes.iter().fold(Message::default(), |tensor, size| tensor.number(1, *size));
    tensor.number(2, kind).text(8, name).bytes(9, data)
}

fn floats(name: &str, sizes: &[usize], numbers: &[f32]) -> Message {
    tensor(name, sizes, FLOAT, &numbers.iter().flat_map(|number| number.to_le_bytes()).collect::<Vec<u8>>())
}

/// `AttributeProto`
fn integer(name: &str, number: usize) -> Message {
    Message::default().text(1, name).number(3, number).number(20, INT)
}

fn text(name: &str, text: &str) -> Message {
    Message::default().text(1, name).text(4, text).number(20, STRING)
}

/// The fields of a protocol buffer.
#[derive(Default)]
struct Message(Vec<u8>);

impl Message {
    fn varint(&mut self, number: usize) {
        let mut number = number;
        while number >= 0x80 {
            self.0.push(number as u8 | 0x80);
            number >>= 7;
        }
        self.0.push(number as u8);
    }

    fn number(mut self, field: usize, number: usize) -> Message {
        self.varint(field << 3);
        self.varint(number);
        self
    }

    fn bytes(mut self, field: usize, bytes: &[u8]) -> Message {
        self.varint(field << 3 | 2);
        self.varint(bytes.len());
        self.0.extend_from_slice(bytes);
        self
    }

    fn text(self, field: usize, text: &str) -> Message {
        self.bytes(field, text.as_bytes())
    }

    fn message(self, field: usize, message: Message) -> Message {
        self.bytes(field, &message.0)
    }
}
