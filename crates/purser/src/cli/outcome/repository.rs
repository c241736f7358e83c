//! What a git repository says of merged changes, by its own program: ids, authors' addresses, times, and which commits revert
//! which. Messages are read for that one sentence and forgotten.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;
use std::path::Path;
use std::process::{Command, Stdio};

use purser_core::time::Instant;

use crate::failure::Failure;

/// Bytes of a log: some hundred thousand commits with their messages.
const LOG_BYTES_MAX: u64 = 1 << 30;
/// What `git revert` writes, before the id of what is reverted.
const REVERTS: &str = "This reverts commit ";
/// Between fields, and behind each commit.
const FIELD: char = '\u{0}';
const END: char = '\u{1}';

/// A change that reached the branch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Change {
    /// The commit by which it did.
    pub(super) commit: String,
    /// Who wrote it, in small letters.
    pub(super) author: String,
    /// When it reached the branch.
    pub(super) at: Instant,
}

/// Those of a repository.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Changes {
    /// Those that revert others left out, the oldest first.
    pub(super) merged: Vec<Change>,
    /// Commits that were reverted, and when.
    pub(super) reverted: BTreeMap<String, Instant>,
}

/// Asks the repository.
pub(super) fn log(repository: &Path, branch: &str, since: Option<&str>) -> Result<Changes, Failure> {
    // A name that begins so would be an option.
    if branch.starts_with('-') {
        return Err(Failure::usage(format!("`{branch}` is no branch"), "name one, such as main"));
    }
    let mut git = Command::new("git");
    git.arg("-C").arg(repository);
    // Nothing of the repository's own settings runs anything.
    git.args(["--no-pager", "-c", "log.showSignature=false", "log", "--no-color", "--topo-order"]);
    git.arg("--format=%H%x00%P%x00%aE%x00%ct%x00%B%x01");
    if let Some(since) = since {
        git.arg(format!("--since={since}T00:00:00Z"));
    }
    git.args(["--end-of-options", branch, "--"]);
    git.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let what = || format!("the repository {} can't be read", repository.display());
    let mut child = git.spawn().map_err(|error| {
        Failure::new(
            format!("{}: git does not start: {error}", what()),
            "install git, or name the folder of a repository",
        )
    })?;
    let mut text = Vec::new();
    let read = child.stdout.take().map(|out| out.take(LOG_BYTES_MAX).read_to_end(&mut text)).transpose();
    let too_long = u64::try_from(text.len()).unwrap_or(u64::MAX) >= LOG_BYTES_MAX;
    if too_long {
        // It waits for somebody to read on; how it ends says nothing more.
        let _ended = child.kill();
    }
    let done = child.wait_with_output().map_err(|error| Failure::from_error(what(), &error))?;
    read.map_err(|error| Failure::from_error(what(), &error))?;
    if too_long {
        return Err(Failure::new(
            format!("{}: its log is longer than a gibibyte", what()),
            "import it in parts with `--since`",
        ));
    }
    if !done.status.success() {
        let said = String::from_utf8_lossy(&done.stderr);
        let said = said.lines().next().unwrap_or_default().trim_start_matches("fatal: ").to_owned();
        return Err(Failure::new(format!("{}: {said}", what()), "name the folder of a repository and a branch in it"));
    }
    Ok(changes(&String::from_utf8_lossy(&text)))
}

struct Commit<'a> {
    parents: Vec<&'a str>,
    author: String,
    at: Instant,
    reverts: Vec<&'a str>,
}

/// Reads a log whose first commit is the branch's last.
fn changes(log: &str) -> Changes {
    let mut commits = BTreeMap::new();
    let mut tip = None;
    for record in log.split(END).map(|record| record.trim_start_matches('\n')) {
        let fields: Vec<&str> = record.splitn(5, FIELD).collect();
        let [id, parents, author, seconds, message] = fields.as_slice() else { continue };
        let Some(at) = seconds.parse::<i64>().ok().and_then(|seconds| seconds.checked_mul(1_000_000)) else { continue };
        let commit = Commit {
            parents: parents.split(' ').filter(|parent| !parent.is_empty()).collect(),
            author: author.trim().to_lowercase(),
            at: Instant::from_micros(at),
            reverts: message.split(REVERTS).skip(1).filter_map(commit_id).collect(),
        };
        tip = tip.or(Some(*id));
        commits.insert(*id, commit);
    }
    let mut changes = Changes::default();
    let mut line: Vec<(&str, &Commit<'_>)> = Vec::new();
    let mut seen = BTreeSet::new();
    let mut next = tip;
    while let Some((id, commit)) = next.and_then(|id| Some((id, commits.get(id)?)))
        && seen.insert(id)
    {
        line.push((id, commit));
        next = commit.parents.first().copied();
    }
    line.reverse();
    // Whoever reverts a revert brings the change again: that one counts, and what was taken back stays so, whenever each
    // was told of.
    let mut reverting = BTreeSet::new();
    for (id, commit) in line {
        let brought = commit.parents.get(1).and_then(|last| commits.get(last));
        let own =
            if commit.reverts.is_empty() { brought.map_or(&[][..], |last| &last.reverts) } else { &commit.reverts };
        let takes_back: Vec<&str> = own.iter().copied().filter(|of| !reverting.contains(of)).collect();
        if takes_back.is_empty() {
            let author = brought.unwrap_or(commit).author.clone();
            changes.merged.push(Change { commit: id.to_owned(), author, at: commit.at });
        } else {
            changes.reverted.extend(takes_back.into_iter().map(|of| (of.to_owned(), commit.at)));
            reverting.insert(id);
        }
    }
    changes
}

/// The commit's id with which a text begins.
fn commit_id(text: &str) -> Option<&str> {
    let end = text.find(|c: char| !c.is_ascii_hexdigit()).unwrap_or(text.len());
    text.get(..end).filter(|id| matches!(id.len(), 40 | 64))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A repository in which `steps` were made by git itself.
    fn repository(steps: &[&[&str]]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let mut second = 1_780_000_000;
        for step in [&[&["init", "-q", "-b", "main"][..]], steps].concat() {
            second += 60;
            let date = format!("{second} +0000");
            let (who, step) = match step {
                [who, rest @ ..] if who.contains('@') => (*who, rest),
                step => ("one@example.com", step),
            };
            let mut git = Command::new("git");
            git.arg("-C")
                .arg(folder.path())
                .args(["-c", "commit.gpgsign=false", "-c", "core.hooksPath=/dev/null"])
                .args(step);
            git.envs([("GIT_AUTHOR_NAME", "x"), ("GIT_COMMITTER_NAME", "x"), ("GIT_CONFIG_GLOBAL", "/dev/null")]);
            git.env("GIT_AUTHOR_EMAIL", who).env("GIT_COMMITTER_EMAIL", "merger@example.com");
            git.env("GIT_AUTHOR_DATE", &date).env("GIT_COMMITTER_DATE", &date).env("GIT_CONFIG_SYSTEM", "/dev/null");
            let done = git.output().unwrap();
            assert!(done.status.success(), "{step:?}: {}", String::from_utf8_lossy(&done.stderr));
        }
        folder
    }

    fn commit(message: &str) -> [&str; 5] {
        ["commit", "-q", "--allow-empty", "-m", message]
    }

    fn authors(changes: &Changes) -> Vec<&str> {
        changes.merged.iter().map(|change| change.author.as_str()).collect()
    }

    #[test]
    fn a_merged_change_is_whose_last_commit_it_brought_and_a_squashed_one_its_authors() {
        let by = |who: &'static str, message: &'static str| [&[who][..], &commit(message)].concat();
        let (first, second, third) =
            (by("ONE@example.com", "first"), by("two@example.com", "a part"), by("three@example.com", "more"));
        let merge = ["merger@example.com", "merge", "-q", "--no-ff", "-m", "merged", "branch"];
        let folder = repository(&[
            &first,
            &["checkout", "-q", "-b", "branch"],
            &second,
            &third,
            &["checkout", "-q", "main"],
            &merge,
            &commit("squashed"),
        ]);
        let found = log(folder.path(), "main", None).unwrap();
        assert_eq!(authors(&found), ["one@example.com", "three@example.com", "one@example.com"]);
        assert!(found.reverted.is_empty() && found.merged.is_sorted_by_key(|change| change.at));
        assert_eq!(log(folder.path(), "main", Some("2090-01-01")).unwrap(), Changes::default());
    }

    #[test]
    fn what_was_reverted_is_taken_back_and_what_was_brought_again_counts() {
        let folder = repository(&[&commit("kept"), &commit("bad")]);
        let git = |args: &[&str]| {
            let mut git = Command::new("git");
            git.arg("-C").arg(folder.path()).args(["-c", "user.name=x", "-c", "user.email=two@example.com"]).args(args);
            let done = git.output().unwrap();
            assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
            String::from_utf8(done.stdout).unwrap().trim().to_owned()
        };
        let bad = git(&["rev-parse", "HEAD"]);
        // As `git revert` writes it: it makes no commit where there is nothing to undo.
        let revert = |id: &str| commit_by(&git, &format!("Revert \"it\"\n\n{REVERTS}{id}."));
        let reverting = revert(&bad);
        let found = log(folder.path(), "HEAD", None).unwrap();
        assert_eq!((found.merged.len(), found.reverted.keys().collect::<Vec<_>>()), (2, vec![&bad]));
        revert(&reverting);
        let found = log(folder.path(), "HEAD", None).unwrap();
        assert_eq!((found.merged.len(), found.reverted.len()), (3, 1), "brought again, it counts again");
    }

    fn commit_by(git: &dyn Fn(&[&str]) -> String, message: &str) -> String {
        git(&["commit", "-q", "--allow-empty", "-m", message]);
        git(&["rev-parse", "HEAD"])
    }

    #[test]
    fn what_is_no_repository_is_said_in_a_sentence() {
        let nothing = tempfile::tempdir().unwrap();
        let message = |branch: &str| log(nothing.path(), branch, None).unwrap_err().message().to_owned();
        assert!(message("main").contains("can't be read: not a git repository"), "{}", message("main"));
        assert_eq!(message("--output=x"), "`--output=x` is no branch");
    }
}
