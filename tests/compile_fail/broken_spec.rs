recurve::rnn_model!(
    "
recurve: 1
name: Digits
weights: specs/lstm.safetensors
input: {features: 9}
layers:
  - lstm: {name: lstm, hidden_size: 40}
  - linear: {name: classifier, units: 10, activation: softmaxx}
output: last
"
);

fn main() {}
