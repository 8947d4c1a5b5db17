use burn::nn::LstmConfig;
use burn::tensor::{Device, Tensor};

fn main() {
    let device = Device::flex();
    let network = LstmConfig::new(10, 118, true).init(&device);
    let (y, _) = network.forward(Tensor::zeros([1, 1, 10], &device), None);
    println!("{y}");
}
