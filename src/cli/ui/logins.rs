//! No message shows a login: neither of a URL that was given, whatever it was given for, nor of a name that is one.

use cacheme::text::{is_unprintable, unescape};
use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::{LazyLock, Mutex, PoisonError};

/// How many `@` of one URL may end its login, beside the last of the text: a password may hold some.
const ENDS: usize = 16;

/// What passwords are given with behind a URL's `?`, and as what such a parameter is shown.
const PARAMETERS: [(&str, &str); 3] =
    [("password=", "password=…"), ("?pass=", "?pass=…"), ("&pass=", "&pass=…")];

/// The [`Solid`] text of a login, behind its length, and what is shown in its place. The longer come first: they may hold
/// others.
type Login = (Reverse<usize>, String, &'static str);

static LOGINS: LazyLock<Mutex<BTreeSet<Login>>> = LazyLock::new(|| {
    let args = std::env::args_os().skip(1);
    let variables = std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("CACHEME_"));
    let given = args.chain(variables.map(|(_, value)| value));
    // Names may be given escaped, and lists are taken apart.
    let texts = given.flat_map(|text| {
        let given = text.to_string_lossy().into_owned();
        [String::from_utf8_lossy(&unescape(&given)).into_owned(), given]
    });
    let logins = texts.flat_map(|text| {
        let parts = text.split(',').flat_map(noted).collect::<Vec<_>>();
        noted(&text).into_iter().chain(parts)
    });
    Mutex::new(logins.collect())
});

/// Notes the logins in a text that a message may quote.
pub fn note(text: &str) {
    LOGINS.lock().unwrap_or_else(PoisonError::into_inner).extend(noted(text));
}

/// A message without them, and without any other login that a URL in it shows.
pub fn hide(message: &str) -> String {
    hide_these(&LOGINS.lock().unwrap_or_else(PoisonError::into_inner), message)
}

fn hide_these(logins: &BTreeSet<Login>, message: &str) -> String {
    without_other_logins(&without_noted(logins, message))
}

fn without_noted(logins: &BTreeSet<Login>, message: &str) -> String {
    if logins.is_empty() {
        return message.to_owned();
    }
    let solid = Solid::of(message);
    // What may be a login may end in the middle of a password that another one holds: both are hidden, to the end of the later.
    let (mut hidden, mut shown_to, mut hidden_to) = (String::with_capacity(message.len()), 0, 0);
    for at in 0..solid.text.len() {
        let rest = &solid.text[at..];
        let Some((_, login, instead)) = logins.iter().find(|(_, login, _)| rest.starts_with(login)) else {
            continue;
        };
        if at >= hidden_to {
            hidden.push_str(&message[shown_to..solid.places[at].start]);
            hidden.push_str(instead);
        } else if at + login.len() <= hidden_to {
            continue;
        }
        hidden_to = at + login.len();
        shown_to = solid.places[hidden_to - 1].end;
        // Such bytes of its end are no part of the text that was compared.
        if !instead.ends_with('@') {
            shown_to += escaped(&message[shown_to..]);
        }
    }
    hidden.push_str(&message[shown_to..]);
    hidden
}

/// A text reduced to what stays the same however it is quoted and escaped for a message: its printable ASCII without quotes
/// and backslashes.
struct Solid {
    text: String,
    /// Where each character stood.
    places: Vec<Range<usize>>,
}

impl Solid {
    /// Of a text that may be escaped.
    fn of(text: &str) -> Self {
        Self::with(text, escaped)
    }

    /// Of a text where backslashes stand for themselves.
    fn of_raw(text: &str) -> Self {
        Self::with(text, |_| 0)
    }

    fn with(text: &str, escaped: impl Fn(&str) -> usize) -> Self {
        let mut solid = Self { text: String::new(), places: Vec::new() };
        let mut at = 0;
        while let Some(c) = text[at..].chars().next() {
            let length = escaped(&text[at..]).max(c.len_utf8());
            if matches!(c, ' '..='~') && !matches!(c, '\\' | '\'') {
                solid.text.push(c);
                solid.places.push(at..at + length);
            }
            at += length;
        }
        solid
    }
}

/// The length of the bytes that a text begins with and that are escaped, or would be.
fn escaped(text: &str) -> usize {
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let is_hex = |digits: &str| digits.bytes().all(|digit| digit.is_ascii_hexdigit());
        match c {
            '\\' if rest[1..].starts_with('x') && rest.get(2..4).is_some_and(is_hex) => rest = &rest[4..],
            _ if c.is_ascii() => break,
            _ => rest = &rest[c.len_utf8()..],
        }
    }
    text.len() - rest.len()
}

/// Whatever a URL was given for, and however it is escaped: nothing that a login needs is ever shown in another form.
fn without_other_logins(message: &str) -> String {
    let (mut hidden, mut rest) = (String::with_capacity(message.len()), message);
    while let Some(at) = rest.find("://") {
        let (before, behind) = rest.split_at(at + 3);
        hidden.push_str(before);
        rest = behind;
        if let Some(end) = login_end(rest) {
            hidden.push_str("…@");
            rest = &rest[end..];
        }
        let mut url = &rest[..word_end(rest, &['"', ' ', '\n'])];
        url = &url[..url.find("://").unwrap_or(url.len())];
        rest = &rest[url.len()..];
        while let Some((start, name, instead)) = parameter(url) {
            hidden.push_str(&url[..start]);
            let value = &url[start + name.len()..];
            let end = word_end(value, &['&', '"', ' ', '\n']);
            hidden.push_str(if end > 0 { instead } else { name });
            url = &value[end..];
        }
        hidden.push_str(url);
    }
    hidden.push_str(rest);
    hidden
}

/// Where the login ends that a URL begins with, its `@` included. What a URL does not hold unescaped ends the search.
fn login_end(text: &str) -> Option<usize> {
    let text = &text[..word_end(text, &['/', '?', '#', '"', ' ', '\n'])];
    let end = text.rfind('@')?;
    text[..end].contains(':').then_some(end + 1)
}

/// The first parameter that holds a password, and where it stands.
fn parameter(text: &str) -> Option<(usize, &'static str, &'static str)> {
    PARAMETERS.into_iter().filter_map(|(name, instead)| Some((text.find(name)?, name, instead))).min()
}

/// Where a shell's word ends, or what stands before any of `ends`.
fn word_end(text: &str, ends: &[char]) -> usize {
    let mut from = 0;
    while let Some(c) = text[from..].chars().next() {
        from += match c {
            '\'' if text[from..].starts_with(r"'\''") => 4,
            '\'' => break,
            c if ends.contains(&c) => break,
            // Behind it stands what would end the word.
            '\\' => 1 + text[from + 1..].chars().next().map_or(0, char::len_utf8),
            c => c.len_utf8(),
        };
    }
    from
}

fn noted(text: &str) -> Vec<Login> {
    // clap leaves out what would colour a terminal.
    let texts = [text, &console::strip_ansi_codes(text)];
    let logins = texts.into_iter().flat_map(logins);
    let forms =
        logins.flat_map(|(login, instead)| [(Solid::of(login), instead), (Solid::of_raw(login), instead)]);
    forms.map(|(solid, instead)| (Reverse(solid.text.len()), solid.text, instead)).collect()
}

/// The logins in a text, and what is shown in the place of each.
fn logins(text: &str) -> Vec<(&str, &'static str)> {
    let mut found = Vec::new();
    for (at, sign) in text.match_indices("://").filter(|(at, _)| is_of_server(&text[..*at])) {
        let rest = &text[at + sign.len()..];
        let of_this = &rest[..rest.find(sign).unwrap_or(rest.len())];
        for (end, _) in of_this.match_indices('@').take(ENDS).chain(rest.rmatch_indices('@').take(1)) {
            // A user alone is no secret, and names of keys look like that.
            if rest[..end].contains(':') {
                found.push((&text[at..at + sign.len() + end + 1], "://…@"));
            }
        }
        let host = rest.split(['/', '?', '#', '"', '\'', ' ', '\n']).next().unwrap_or_default();
        if !host.contains('@') && !host.starts_with('[') && ends_without_port(host) {
            found.push((&text[at..at + sign.len() + host.len()], "://…"));
            if !rest.contains('@') {
                found.push((&text[at..], "://…"));
            }
        }
        for (name, instead) in PARAMETERS {
            for (start, _) in of_this.match_indices(name) {
                // Nobody can tell where it ends: a password may hold any of these.
                for ends in [&[][..], &['&'], &['&', '#', '"', '\'', ' ', '\n']] {
                    let value = rest[start + name.len()..].split(ends).next().unwrap_or_default();
                    if !value.is_empty() {
                        found.push((&rest[start..start + name.len() + value.len()], instead));
                    }
                }
            }
        }
    }
    found
}

/// Whether what stands behind the colon is no port, but a password whose `@` was forgotten.
fn ends_without_port(host: &str) -> bool {
    host.split(',').filter_map(|host| host.split_once(':')).any(|(_, port)| port.parse::<u16>().is_err())
}

/// Whether this ends with the scheme of a server that we know: passwords of these are written as they are, whatever is in them.
fn is_of_server(before: &str) -> bool {
    let scheme =
        before.rsplit(|c: char| !c.is_ascii_alphanumeric() && !"+-.".contains(c)).next().unwrap_or_default();
    let scheme = scheme.to_ascii_lowercase();
    ["redis", "valkey", "unix"].iter().any(|name| scheme.contains(name))
}

/// What a terminal would obey, or nobody sees, is replaced.
pub fn printable(text: &str) -> String {
    let printable = |c| if is_unprintable(c) && c != '\n' { char::REPLACEMENT_CHARACTER } else { c };
    text.chars().map(printable).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use cacheme::text::{escape, shell_word};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn no_form_of_a_name_shows_the_login_in_it(
            before: Vec<u8>,
            user in "[a-z]{0,3}",
            password in r#"[ -~é\t\x01]{0,6}|[:@/?&=#'"\\]{0,6}"#,
            rest in r#"[@-~]{0,3}"#,
            behind: Vec<u8>,
            parameter: bool,
        ) {
            let login = match parameter {
                true => format!("redis://h/{user}?password={password}S3CR3T{rest}"),
                false => format!("redis://{user}:{password}S3CR3T{rest}@h"),
            };
            let name = [&before[..], b" ", login.as_bytes(), &behind[..]].concat();
            let noted = noted(&String::from_utf8_lossy(&name)).into_iter().collect();
            for form in [escape(&name).into_owned(), shell_word(&name), String::from_utf8_lossy(&name).into_owned()] {
                let hidden = hide_these(&noted, &printable(&format!("there is no '{form}', see x@y")));
                prop_assert!(!hidden.contains("S3CR3T"), "{}", hidden);
            }
        }
    }

    #[test]
    fn a_login_that_nobody_gave_is_hidden_too() {
        // Given, it is noted in forms that a longer name is not shown in, and in parts.
        note("redis://u:it's3cr3t@h\u{1}");
        note("redis://u:a@b'c@h\u{1}");
        note("redis://u:a/\"b#it's é s3cr3t@h\u{1}");
        note("redis://h/?x=\u{1}&password=a'b\\s3cr3t:");
        note("unix:///x?pass=it's3cr3té");
        note("redis://v:it's3cr3t");
        note("redis://h/?password=:@S3cr3t");
        note("redis://u:w@h/?password=a@S3cr3t");
        for (said, hidden) in [
            (r"DEL $'redis://u:a@b\'c@h\x01:meta:lock'", r"DEL $'redis://…@h\x01:meta:lock'"),
            (r"DEL $'redis://u:it\'s3cr3t@h\x01:meta:lock'", r"DEL $'redis://…@h\x01:meta:lock'"),
            (r"'redis://u:\xffs3cr3t@h' is not there", "'redis://…@h' is not there"),
            (r"--confirm 'http://u:it'\''s3cr3t@h:'", "--confirm 'http://…@h:'"),
            (
                r#"DEL $'redis://u:a/"b#it\'s \xc3\xa9 s3cr3t@h\x01:meta:lock'"#,
                r"DEL $'redis://…@h\x01:meta:lock'",
            ),
            (r"$'redis://h/?x=\x01&password=a\'b\x5cs3cr3t:meta:lock'", r"$'redis://h/?x=\x01&password=…'"),
            (r"$'unix:///x?pass=it\'s3cr3t\xc3\xa9'", "$'unix:///x?pass=…'"),
            (r"$'redis://v:it\'s3cr3t\x01'", "$'redis://…'"),
            (r"$'redis://v:it\'s3cr3tmeta:lock'", "$'redis://…meta:lock'"),
            ("no 'redis://h/?password=:@S3cr3t'", "no 'redis://…@'"),
            ("no 'redis://u:w@h/?password=a@S3cr3t'", "no 'redis://…@'"),
            ("http://h/a?password=s3cr3t&x 'b'", "http://h/a?password=…&x 'b'"),
            (r"'amqp://h/a?password=it'\''s3cr3t' b", "'amqp://h/a?password=…' b"),
            ("ws://h/?a&pass=s3cr3t, http://h/?pass=a", "ws://h/?a&pass=… http://h/?pass=…"),
            ("http://a:b@c, amqp://:d@e", "http://…@c, amqp://…@e"),
        ] {
            assert_eq!(hide(said), hidden);
        }
        for name in
            ["http://h:1/0 of who@where", "http://shop:80/~bob@x:", "http://[::1]:80 'a@b'", "://a@b:c"]
        {
            note(name);
            assert_eq!(hide(name), name);
        }
    }

    #[test]
    fn logins_are_found_wherever_a_url_stands() {
        for given in [
            "redis://u:s3cr3t@h/0",
            "-oredis://u:s3cr3t@h/x",
            "--format=VALKEY://u:s3cr3t@h",
            "key,redis-sentinel://:s3cr3t@h,b@c",
            "\"rediss://u:s3@cr3t@h\"",
            "redis://u:s3cr3t",
            "redis://u:@@@@@@@@@@@@@@@@@@@@@@@@s3cr3t@h",
            "redis://app:password=hunter2&s3cr3t@h",
            "redis://h/?password=\"a'b#s3cr3t\"",
            "redis://u:it's\ts3cr3t@h",
            "redis://u:s3c\u{1b}[0mr3t@h",
            "redis://u:\ts3cr3t@h",
            "it's redis://u:it's3cr3t@h",
            "redis://h/?db=1&password=s3cr3t",
            "http://u:s3cr3t@h/page",
        ] {
            note(given);
            let plain = console::strip_ansi_codes(given).into_owned();
            for message in [given.to_owned(), plain, printable(given), escape(given.as_bytes()).into_owned()]
            {
                let hidden = hide(&format!("invalid value '{}'", printable(&message)));
                assert!(!hidden.contains("3t") && !hidden.contains("s3"), "{given:?}: {hidden}");
            }
        }
        for name in [
            "redis+sentinel://h:1,i:2/main",
            "redis://h:6379/0",
            "é://a@b",
            "http://a@b:",
            "redis://",
            "page:http://h/?page=2",
            "a@b",
        ] {
            note(name);
            assert_eq!(hide(name), name);
        }
        assert_eq!(hide("a `redis://HOST:PORT/DATABASE`"), "a `redis://HOST:PORT/DATABASE`");
    }
}
