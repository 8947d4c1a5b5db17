//! Questions about what the tensors do not tell, on a terminal.

use std::io::{BufRead, IsTerminal, Write};

use super::proposal::{Proposal, Reading, Reasons};

/// The answers, and what is said about them; `first` where nobody can be asked.
pub(super) fn ask(proposal: &Proposal, first: Reading) -> (Reading, Reasons) {
    if !(std::io::stdin().is_terminal() && std::io::stderr().is_terminal()) {
        let reasons = proposal.guesses(&first);
        return (first, reasons);
    }
    let mut answered = Vec::new();
    let mut reading = first;
    if proposal.chains.len() > 1 {
        let labels: Vec<String> = proposal.chains.iter().map(|chain| chain.label()).collect();
        let labels: Vec<&str> = labels.iter().map(String::as_str).collect();
        let Some(chain) = answer("order of the layers", &labels) else {
            let reasons = proposal.guesses(&reading);
            return (reading, reasons);
        };
        reading = Reading { chain, chosen: vec![0; proposal.chains[chain].open.len()] };
    }
    for (at, open) in proposal.chains[reading.chain].open.iter().enumerate() {
        let chosen = answer(&open.question, &open.choices);
        reading.chosen[at] = chosen.unwrap_or(0);
        answered.push(chosen.is_some());
    }
    let mut reasons = proposal.guesses(&reading);
    let said = || "as answered".to_owned();
    reasons.order = reasons.order.map(|_| said());
    for (reason, answered) in reasons.open.iter_mut().zip(answered) {
        if answered {
            *reason = Some(said());
        }
    }
    (reading, reasons)
}

/// The place of the choice, which is answered by its word or its number; the first for an empty answer.
fn answer(question: &str, choices: &[&str]) -> Option<usize> {
    loop {
        let numbered: Vec<String> =
            choices.iter().zip(1..).map(|(choice, at)| format!("{at}: {choice}")).collect();
        eprint!("{question} ({}) [1]: ", numbered.join(", "));
        std::io::stderr().flush().ok()?;
        let mut line = String::new();
        if std::io::stdin().lock().read_line(&mut line).ok()? == 0 {
            return None;
        }
        match line.trim() {
            "" => return Some(0),
            word => match place(word, choices) {
                Some(chosen) => return Some(chosen),
                None => eprintln!("`{word}` is none of these"),
            },
        }
    }
}

fn place(word: &str, choices: &[&str]) -> Option<usize> {
    let number = || word.parse::<usize>().ok()?.checked_sub(1).filter(|at| *at < choices.len());
    choices.iter().position(|choice| *choice == word).or_else(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_words_or_numbers() {
        let choices = ["last", "every"];
        for (word, expected) in [
            ("last", Some(0)),
            ("every", Some(1)),
            ("1", Some(0)),
            ("2", Some(1)),
            ("0", None),
            ("3", None),
            ("x", None),
        ] {
            assert_eq!(place(word, &choices), expected, "{word}");
        }
    }
}
