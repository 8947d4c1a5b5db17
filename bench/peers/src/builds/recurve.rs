recurve::rnn_model!("network.yaml");

fn main() {
    let mut network = Network::new();
    println!("{:?}", network.step(&[0.0; 10])[0]);
}
