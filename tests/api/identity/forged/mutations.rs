//! Good tokens with a few letters changed.

use docket::identity::Verifier;

use crate::identity::{now, shapes};

/// Small, and the same every time: xorshift, <https://www.jstatsoft.org/article/view/v008i14>.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap() % bound
    }
}

fn mutated(token: &str, dice: &mut Dice) -> String {
    let letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=+/~";
    let mut bytes = token.as_bytes().to_vec();
    for _ in 0..=dice.below(3) {
        let place = dice.below(bytes.len());
        let letter = letters[dice.below(letters.len())];
        match dice.below(6) {
            0 | 1 => bytes[place] = letter,
            2 => bytes.insert(place, letter),
            3 => drop(bytes.remove(place)),
            4 => {
                let other = dice.below(bytes.len());
                bytes.swap(place, other);
            }
            _ => {
                let end = (place + 1 + dice.below(20)).min(bytes.len());
                let piece = bytes[place..end].to_vec();
                let at = dice.below(bytes.len());
                bytes.splice(at..at, piece);
            }
        }
    }
    String::from_utf8(bytes).unwrap()
}

#[test]
fn no_mutation_of_a_good_token_is_taken() {
    let all = shapes::all();
    let verifier = Verifier::new(&shapes::settings(&all));
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    let mut count = 0;
    while count < 100_000 {
        // The costly signatures have their share, and the cheap ones the rest.
        let shape = match count % 20 {
            place @ 0..=6 => &all[place],
            place => &all[if place % 2 == 0 { 1 } else { 6 }],
        };
        let good = shape.good();
        for _ in 0..100 {
            let token = mutated(&good, &mut dice);
            if token != good {
                assert!(verifier.verify(&token, now()).is_err(), "{good}\n{token}");
                count += 1;
            }
        }
    }
}
