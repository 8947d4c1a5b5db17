recurve::rnn_model!("specs/lstm_bidirectional_last.yaml");

fn main() {
    let mut model = LstmBidirectionalLast::new();
    model.step(&[0.0; 5]);
}
