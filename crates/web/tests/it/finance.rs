//! Finance: pages show what the API answers.

use purser_control::Role;

use crate::company::{Browser, Company};

#[tokio::test]
async fn the_month_is_what_the_api_says() {
    let company = Company::new().await;
    let browser = Browser::of(&company.bench, Role::Finance).await;
    let page = browser.get("/finance").await;
    assert_eq!(page.status, 200, "{page:?}");
    let usage = browser.at_api(&company.bench).get("/api/v1/usage?by=unit").await;
    let answer: serde_json::Value = serde_json::from_str(&usage.text).unwrap();
    let charge = answer["charge"].as_str().unwrap();
    assert_ne!(charge, "0.00", "the company has spent something");
    let shown = page.text.split_once("<p class=\"figure\"><data value=\"").map(|(_, rest)| rest).unwrap();
    assert_eq!(shown.split('"').next().unwrap(), charge);
    for row in answer["items"].as_array().unwrap() {
        let charge = row["charge"].as_str().unwrap();
        assert!(page.text.contains(&format!("<data value=\"{charge}\"")), "{row}: {}", page.text);
    }
    assert!(page.text.contains("From the month before to this one"), "the waterfall has its title");
}

#[tokio::test]
async fn the_known_case_breaks_even_at_one_point_two_and_a_loss_is_shown_as_one() {
    let company = Company::new().await;
    for role in Role::ALL {
        let browser = Browser::of(&company.bench, role).await;
        let page = browser.get("/roi").await;
        assert_eq!(page.status, 200, "{role}: {page:?}");
        assert!(page.text.contains("Break-even at 1.2"), "{role}: {}", page.text);
        // Half a million, three times as much, a hundred thousand of tokens.
        for figure in ["1500000.00", "600000.00", "900000.00", "1000000.00"] {
            assert!(page.text.contains(&format!("<data value=\"{figure}\"")), "{role}: {figure} in {}", page.text);
        }
        assert!(!page.text.contains(">a loss<"), "{role}");
    }
    let browser = Browser::of(&company.bench, Role::Finance).await;
    let loss = browser.get("/roi?cost=500,000&tokens=100000&multiplier=1.1").await;
    assert!(loss.text.contains(">a loss<") && loss.text.contains("<data value=\"-50000.00\""), "{}", loss.text);
    let wrong = browser.get("/roi?cost=much&tokens=1&multiplier=2").await;
    assert_eq!(wrong.status, 200);
    assert!(wrong.text.contains("role=\"alert\"") && wrong.text.contains("is not an amount"), "{}", wrong.text);
    // Who follows a link from elsewhere gets the same.
    let linked = browser
        .send("GET", "/roi?cost=500000&tokens=100000&multiplier=3", &[("sec-fetch-site", "cross-site")], "")
        .await;
    assert!(linked.text.contains("Break-even at 1.2"), "{}", linked.text);
}
