recurve::rnn_model!(pub struct Digits, "specs/lstm.yaml");

fn main() {}
