recurve::rnn_model!(
    "
recurve: 1
name: Digits
weights: specs/absent.safetensors
input: {features: 8}
layers:
  - lstm: {name: lstm, hidden_size: 40}
output: last
"
);

fn main() {}
