//! A network that the build script compiled. A value of its type is a stream: it holds the state alone,
//! so streams are small, do not disturb each other, and are saved by a clone.

recurve::include_model!("digits_gru");

const ZERO: &str = "
...-##..
..####-.
.-##--#.
.-#...#.
.-#...#.
.-#..-#.
..##-##.
...###..
";
const NINE: &str = "
..-##-..
..#-###.
.-#..##.
..#-##-.
...--#-.
.....--.
...-.##.
..-###-.
";
const EIGHT: &str = "
..-##-..
..#-###.
.-#..##.
..#-##-.
...##-..
..##.#-.
..#-.##.
..-###-.
";

fn main() {
    let (zero, nine, eight) = (rows(ZERO), rows(NINE), rows(EIGHT));

    let (mut one, mut other) = (DigitsGru::new(), DigitsGru::new());
    let mut digits = (0, 0);
    for (a, b) in zero.iter().zip(&nine) {
        digits = (likeliest(one.step(a)), likeliest(other.step(b)));
    }
    println!("two streams in turns: {} and {}", digits.0, digits.1);

    let mut stream = DigitsGru::new();
    stream.run(&nine[..4]);
    let mut saved = stream.clone();
    println!(
        "an upper half with two lower halves: {} and {}",
        likeliest(stream.run(&nine[4..])),
        likeliest(saved.run(&eight[4..]))
    );

    println!(
        "a stream takes {} bytes, and all of them share {} bytes of weights",
        DigitsGru::STATE_BYTES,
        DigitsGru::WEIGHT_BYTES
    );
}

fn rows(picture: &str) -> Vec<[f32; 8]> {
    let ink = |c| match c {
        b'#' => 1.0,
        b'-' => 0.5,
        _ => 0.0,
    };
    let lines = picture.trim().lines();
    lines.map(|line| std::array::from_fn(|x| ink(line.as_bytes()[x]))).collect()
}

fn likeliest(scores: &[f32; 10]) -> usize {
    let digits = (0..10).max_by(|a, b| scores[*a].total_cmp(&scores[*b]));
    digits.unwrap_or(0)
}
