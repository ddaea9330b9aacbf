//! What a check of an answer came to.

use proto::v1::Solution;

use crate::{
    print::{
        Exit, Page,
        look::{Look, safe},
        took::counted,
    },
    verify::{self, Extent, Proved},
};

/// From this power of ten on, a number of picks is told as one.
const MANY: f64 = 4.0;

/// Checks the solutions of an answer, and tells how it went: what is proved, or each violation in a line.
pub fn page(solutions: &[&Solution], stdout: Look, stderr: Look) -> Page {
    let mut page = Page { stdout: String::new(), stderr: String::new(), exit: Exit::Solved };
    for solution in solutions {
        let violations = verify::violations(solution, Extent::Certificate);
        if violations.is_empty() {
            let proved = proved(&Proved::by(solution));
            page.stdout.push_str(&(stdout.wrap("", &proved) + "\n"));
            continue;
        }
        for violation in &violations {
            let told = safe(&verify::told(violation));
            page.stderr.push_str(&(stderr.wrap(&stderr.alert("violation: "), &told) + "\n"));
        }
        let count = counted(violations.len(), "violation");
        page.stderr.push_str(&format!("the answer does not hold: {count}\n"));
        page.exit = Exit::Unsolvable;
    }
    if page.exit != Exit::Solved {
        // A part of an answer that holds proves nothing of the whole.
        page.stdout.clear();
    }
    page
}

fn proved(proved: &Proved) -> String {
    let Proved { packages, versions, edges, magnitude } = proved;
    let counted = format!(
        "{}, {}, {}",
        counted(*packages, "package"),
        counted(*versions, "acceptable version"),
        counted(*edges, "edge")
    );
    let picks = match magnitude {
        ..MANY => {
            let picks = 10_f64.powf(*magnitude);
            if picks < 1.5 {
                "its one pick is proved".to_owned()
            } else {
                format!("all its {picks:.0} picks are proved")
            }
        }
        _ => format!("all its picks are proved, about 10^{magnitude:.0}"),
    };
    format!("the answer holds: {counted}; {picks}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn picks_are_told_as_a_number_or_as_a_power_of_ten() {
        let told: Vec<String> = [0.0, 6.0_f64.log10(), 57.3]
            .map(|magnitude| Proved { packages: 1, versions: 2, edges: 3, magnitude })
            .iter()
            .map(proved)
            .collect();
        insta::assert_snapshot!(told.join("\n"));
    }
}
