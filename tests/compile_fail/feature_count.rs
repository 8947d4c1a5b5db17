recurve::rnn_model!("specs/lstm.yaml");

fn main() {
    let mut model = DigitsLstm::new();
    model.step(&[0.0; 9]);
}
