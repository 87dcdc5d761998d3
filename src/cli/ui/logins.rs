//! No message shows a login: neither of a URL that was given, whatever it was given for, nor of a name that is one.

use cacheme::text::{escape, is_unprintable, shell_word, unescape};
use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::os::unix::ffi::OsStrExt as _;
use std::sync::{LazyLock, Mutex, PoisonError};

/// How many `@` of one text may end a login, beside the last: a password may hold some, and behind it may stand another URL.
const ENDS: usize = 16;

/// A text that holds a login, as messages may show it, behind its length, and what is shown in its place. The longer come
/// first: they may hold others.
type Login = (Reverse<usize>, String, &'static str);

static LOGINS: LazyLock<Mutex<BTreeSet<Login>>> = LazyLock::new(|| {
    let args = std::env::args_os().skip(1);
    let variables = std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("CACHEME_"));
    let given = args.chain(variables.map(|(_, value)| value));
    // Names are shown escaped, and may be given so.
    let texts = given.flat_map(|text| {
        let given = text.to_string_lossy().into_owned();
        let unescaped = String::from_utf8_lossy(&unescape(&given)).into_owned();
        [given, unescaped, escape(text.as_bytes()).into_owned()]
    });
    Mutex::new(texts.flat_map(|text| shown(&text)).collect())
});

/// Notes the logins in a text that a message may quote.
pub fn note(text: &str) {
    LOGINS.lock().unwrap_or_else(PoisonError::into_inner).extend(shown(text));
}

/// A message without them, and without any other login that a URL in it shows.
pub fn hide(mut message: String) -> String {
    let logins = LOGINS.lock().unwrap_or_else(PoisonError::into_inner);
    for (_, login, instead) in logins.iter() {
        if message.contains(login) {
            message = message.replace(login, instead);
        }
    }
    without_logins(&message)
}

/// Whatever a URL was given for, and however it is escaped: nothing that a login needs is ever shown in another form.
fn without_logins(message: &str) -> String {
    let (mut hidden, mut rest) = (String::with_capacity(message.len()), message);
    while let Some(at) = rest.find("://") {
        let (before, behind) = rest.split_at(at + 3);
        hidden.push_str(before);
        rest = behind;
        if let Some(end) = login_end(rest) {
            hidden.push_str("…@");
            rest = &rest[end..];
        }
    }
    hidden.push_str(rest);
    hidden
}

/// Where the login ends that a URL begins with, its `@` included. What a URL does not hold unescaped ends the search.
fn login_end(text: &str) -> Option<usize> {
    // Of what was given a shorter part may have been hidden: the rest of it is a password, too.
    let (mut end, mut has_password, mut from) = (None, text.starts_with('…'), 0);
    while let Some(c) = text[from..].chars().next() {
        let quoted = if text[from..].starts_with(r"'\''") { 4 } else { c.len_utf8() };
        match c {
            '\'' if quoted == 1 => break,
            '/' | '?' | '#' | '"' | ' ' | '\n' => break,
            // Behind it stands what would end a shell's word.
            '\\' => from += 1,
            ':' => has_password = true,
            '@' if has_password => end = Some(from + 1),
            _ => {}
        }
        from += quoted;
        if !text.is_char_boundary(from) {
            break;
        }
    }
    end
}

/// The logins in a text, in each form that a message may have them in.
fn shown(text: &str) -> Vec<Login> {
    let mut all = Vec::new();
    for (login, instead) in logins(text) {
        // clap leaves out what would colour a terminal.
        for form in [login, &console::strip_ansi_codes(login)] {
            let escaped = escape(form.as_bytes()).into_owned();
            let word = shell_word(form.as_bytes());
            let word = word.trim_start_matches('$').trim_matches('\'').to_owned();
            let quoted = [form, &escaped].map(|form| printable(&form.replace('\'', r"'\''")));
            let forms = quoted.into_iter().chain([printable(form), escaped, word]);
            all.extend(forms.map(|form| (Reverse(form.len()), form, instead)));
        }
    }
    all
}

fn logins(text: &str) -> Vec<(&str, &'static str)> {
    let mut found = Vec::new();
    for (at, sign) in text.match_indices("://").filter(|(at, _)| is_of_server(&text[..*at])) {
        let rest = &text[at + sign.len()..];
        for (end, _) in rest.match_indices('@').take(ENDS).chain(rest.rmatch_indices('@').take(1)) {
            // A user alone is no secret, and names of keys look like that.
            if rest[..end].contains(':') {
                found.push((&text[at..at + sign.len() + end + 1], "://…@"));
            }
        }
        let host = rest.split(['/', '?', '#', '"', '\'', ' ', '\n']).next().unwrap_or_default();
        if !host.contains('@') && !host.starts_with('[') && ends_without_port(host) {
            found.push((&text[at..at + sign.len() + host.len()], "://…"));
        }
        for (start, name) in rest.match_indices("password=") {
            // Nobody can tell where it ends: a password may hold any of these.
            for ends in [&[][..], &['&'], &['&', '#', '"', '\'', ' ', '\n']] {
                let value = rest[start + name.len()..].split(ends).next().unwrap_or_default();
                if !value.is_empty() {
                    found.push((&rest[start..start + name.len() + value.len()], "password=…"));
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

    #[test]
    fn a_login_that_nobody_gave_is_hidden_too() {
        // Given, it is noted in forms that a longer name is not shown in, and in parts.
        note("redis://u:it's3cr3t@h\u{1}");
        note("redis://u:a@b'c@h\u{1}");
        for (said, hidden) in [
            (r"DEL $'redis://u:a@b\'c@h\x01:meta:lock'", r"DEL $'redis://…@h\x01:meta:lock'"),
            (r"DEL $'redis://u:it\'s3cr3t@h\x01:meta:lock'", r"DEL $'redis://…@h\x01:meta:lock'"),
            (r"'redis://u:\xffs3cr3t@h' is not there", "'redis://…@h' is not there"),
            (r"--confirm 'http://u:it'\''s3cr3t@h:'", "--confirm 'http://…@h:'"),
            ("http://a:b@c, amqp://:d@e", "http://…@c, amqp://…@e"),
        ] {
            assert_eq!(hide(said.to_owned()), hidden);
        }
        for name in
            ["http://h:1/0 of who@where", "http://shop:80/~bob@x:", "http://[::1]:80 'a@b'", "://a@b:c"]
        {
            note(name);
            assert_eq!(hide(name.to_owned()), name);
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
                let hidden = hide(format!("invalid value '{}'", printable(&message)));
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
            assert_eq!(hide(name.to_owned()), name);
        }
        assert_eq!(hide("a `redis://HOST:PORT/DATABASE`".to_owned()), "a `redis://HOST:PORT/DATABASE`");
    }
}
