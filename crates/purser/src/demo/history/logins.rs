//! Who may sign in to the made-up company's pages: one of each role. Their passwords are no secret: whoever makes the
//! company is told them, and its sign-in page shows them to everybody.

use purser_control::shape::{Login, NewLogin};
use purser_control::{Control, Role};
use purser_web::DemoLogin;
use serde::{Deserialize, Serialize};

use crate::demo::Dice;
use crate::failure::Failure;

/// The place of these dice among those of the company.
const DICE: u64 = u64::MAX;
/// The least and the most that the figures of a password say.
const FIGURES: (u64, u64) = (100_000_000, 999_999_999);

/// Somebody who may sign in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Entry {
    role: Role,
    who: String,
    email: String,
    password: String,
}

impl Entry {
    /// As the pages show it.
    pub(crate) fn shown(&self) -> DemoLogin {
        let Self { role, who, email, password } = self.clone();
        DemoLogin { role, who, email, password }
    }

    /// One line of a terminal.
    pub(crate) fn line(&self) -> String {
        let word = self.role.to_string();
        format!("{word:<9} {:<28} {}", self.email, self.password)
    }
}

/// Makes one of each role. `lead` leads Engineering, `employee` works there.
///
/// # Errors
/// A service fails.
pub(crate) async fn make(control: &Control, seed: u64, lead: &str, employee: &str) -> Result<Vec<Entry>, Failure> {
    let mut dice = Dice::new(seed, DICE);
    let mut made = Vec::new();
    for role in [Role::Employee, Role::Manager, Role::Finance, Role::People, Role::Admin, Role::Auditor] {
        let (who, roles, person) = match role {
            Role::Employee => ("Person 7, Engineering", vec!["employee".to_owned()], Some(employee)),
            Role::Manager => (
                "Person 1, who leads Engineering",
                vec!["manager:Engineering".to_owned(), "employee".to_owned()],
                Some(lead),
            ),
            Role::Finance => ("Finance", vec![role.to_string()], None),
            Role::People => ("A people partner", vec![role.to_string()], None),
            Role::Admin => ("An administrator", vec![role.to_string()], None),
            Role::Auditor => ("An auditor", vec![role.to_string()], None),
        };
        let email = format!("{role}@demo.invalid");
        let password = format!("only a demo {}", dice.between(FIGURES.0, FIGURES.1));
        let new = NewLogin {
            email: email.clone(),
            password: Some(password.clone()),
            roles,
            person: person.map(str::to_owned),
            issuer: None,
            subject: None,
        };
        let _: Login = control.add_login(None, new).await?;
        made.push(Entry { role, who: who.to_owned(), email, password });
    }
    Ok(made)
}
