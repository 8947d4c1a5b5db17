//! A browser draws digits on the page and reads what it says, with both modules.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, net, thread};

use serde_json::{Value, json};

const PATIENCE: Duration = Duration::from_secs(60);

/// A chromedriver and a session of its, which end together.
struct Browser {
    driver: Child,
    session: String,
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = ureq::delete(&self.session).call();
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

impl Browser {
    fn start() -> Browser {
        let port = net::TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr());
        let port = port.expect("a free port").port();
        let driver = Command::new("chromedriver")
            .arg(format!("--port={port}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver");
        let root = format!("http://127.0.0.1:{port}");
        let mut browser = Browser { driver, session: root.clone() };
        let started = Instant::now();
        while ureq::get(format!("{root}/status")).call().is_err() {
            assert!(started.elapsed() < PATIENCE, "chromedriver does not answer");
            thread::sleep(Duration::from_millis(50));
        }
        // A page needs no network; this one has none.
        let arguments = json!([
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--host-resolver-rules=MAP * ~NOTFOUND",
            "--window-size=1000,800",
        ]);
        let wanted = json!({"alwaysMatch": {"goog:chromeOptions": {"args": arguments}}});
        let session = browser.post("/session", &json!({"capabilities": wanted}));
        let id = session["sessionId"].as_str().expect("a session");
        browser.session = format!("{root}/session/{id}");
        browser
    }

    fn post(&self, path: &str, body: &Value) -> Value {
        let sent = ureq::post(format!("{}{path}", self.session)).send_json(body);
        let mut answer = sent.unwrap_or_else(|error| panic!("{path}: {error}"));
        answer.body_mut().read_json::<Value>().expect("JSON")["value"].take()
    }

    fn run(&self, script: &str) -> Value {
        self.post("/execute/sync", &json!({"script": script, "args": []}))
    }

    fn text(&self, id: &str) -> String {
        let text = self.run(&format!("return document.getElementById('{id}').textContent"));
        text.as_str().expect("text").to_string()
    }

    /// Moves a pressed pointer through `points` of the element, 0 to 1 from the left and from the top.
    fn draw(&self, points: &[(f64, f64)]) {
        let place = self.run(
            "const box = document.getElementById('pad').getBoundingClientRect();
             return [box.left, box.top, box.width, box.height]",
        );
        let at = |index: usize| place[index].as_f64().expect("a number");
        let moves = points.iter().map(|(x, y)| {
            let (x, y) = (at(0) + x * at(2), at(1) + y * at(3));
            json!({"type": "pointerMove", "duration": 20, "x": x.round(), "y": y.round(), "origin": "viewport"})
        });
        let mut actions: Vec<Value> = moves.collect();
        actions.insert(1, json!({"type": "pointerDown", "button": 0}));
        actions.push(json!({"type": "pointerUp", "button": 0}));
        let mouse = json!({"type": "pointer", "id": "mouse", "parameters": {"pointerType": "mouse"}, "actions": actions});
        self.post("/actions", &json!({"actions": [mouse]}));
    }

    fn click(&self, id: &str) {
        let found = self.post("/element", &json!({"using": "css selector", "value": format!("#{id}")}));
        let element = found.as_object().and_then(|found| found.values().next()).and_then(Value::as_str);
        self.post(&format!("/element/{}/click", element.expect("the element")), &json!({}));
    }
}

const ONE: &[(f64, f64)] = &[(0.5, 0.1), (0.49, 0.35), (0.49, 0.6), (0.48, 0.9)];
const SEVEN: &[(f64, f64)] =
    &[(0.25, 0.15), (0.5, 0.14), (0.75, 0.15), (0.62, 0.4), (0.5, 0.65), (0.42, 0.9)];

fn zero() -> Vec<(f64, f64)> {
    let angles = (0..=24).map(|part| f64::from(part) / 24.0 * std::f64::consts::TAU);
    angles.map(|angle| (0.5 - 0.26 * angle.sin(), 0.5 - 0.38 * angle.cos())).collect()
}

/// The largest difference between the scores that the two modules give for the same rows.
const BOTH_MODULES: &str = "
    const scores = Object.values(MODULES).map(text => {
        const { put, step, score } = new WebAssembly.Instance(new WebAssembly.Module(decode(text))).exports;
        const found = [];
        for (let row = 0; row < 16; row++) {
            for (let column = 0; column < 16; column++) put(column, Math.sin(row * row + 3 * column));
            found.push(step());
            for (let digit = 0; digit < 10; digit++) found.push(score(digit));
        }
        return found;
    });
    return Math.max(...scores[0].map((score, at) => Math.abs(score - scores[1][at])));
";

#[test]
fn a_drawn_digit_is_read() {
    let Some(page) = env::var_os("PAGE").map(PathBuf::from) else {
        println!("skipped: `PAGE` is not set, which `run.sh` does");
        return;
    };
    let browser = Browser::start();
    for (hash, kind) in [("", "simd128"), ("#plain", "plain")] {
        browser.post("/url", &json!({"url": "about:blank"}));
        browser.post("/url", &json!({"url": format!("file://{}{hash}", page.display())}));
        assert_eq!(browser.text("kind"), kind);
        for (digit, points) in [(1, ONE), (7, SEVEN), (0, &zero())] {
            assert_eq!(browser.text("answer"), "");
            browser.draw(points);
            let answer = browser.text("answer");
            assert!(answer.starts_with(&format!("This is a {digit}, to ")), "{kind}: {answer}");
            let rows = browser.run("return document.querySelectorAll('#rows tr.executed').length");
            let skipped = browser.run("return document.querySelectorAll('#rows tr.skipped').length");
            let (rows, skipped) = (rows.as_u64().expect("a count"), skipped.as_u64().expect("a count"));
            assert_eq!(rows + skipped, 16);
            assert!((1..16).contains(&rows), "{rows} rows were read");
            assert!(
                answer.ends_with(&format!("{rows} of 16 rows were read, {skipped} skipped.")),
                "{answer}"
            );
            browser.click("clear");
        }
    }
    let difference = browser.run(BOTH_MODULES).as_f64().expect("a number");
    assert!(difference < 1e-5, "simd128 and plain differ by {difference}");
}
