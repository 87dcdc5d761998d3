use std::time::Duration;

use crate::support::monitor::{Seen, transcript};
use crate::support::server::Server;

#[test]
fn sees_every_command_with_its_bytes() {
    let server = Server::builder().password("secret").start();
    let mut connection = server.connect_db(2);
    let odd: Vec<u8> = (0..=255).collect();
    let ((), seen) = server.monitor(|| {
        redis::cmd("SET").arg("a").arg(&odd).exec(&mut connection).unwrap();
        redis::cmd("SET").arg("] \"").arg("").exec(&mut connection).unwrap();
        let script = "redis.call('sadd', KEYS[1], ARGV[1]) return 1";
        let mut eval = redis::cmd("EVAL");
        eval.arg(script).arg(1).arg("s").arg("m\\\"");
        eval.exec(&mut connection).unwrap();
        redis::pipe().atomic().cmd("SREM").arg("s").arg("x").exec(&mut connection).unwrap();
    });
    let names: Vec<String> = seen.iter().map(Seen::name).collect();
    assert_eq!(names, ["SET", "SET", "EVAL", "SADD", "MULTI", "SREM", "EXEC"]);
    assert_eq!(seen[0].args, [b"SET", &b"a"[..], &odd]);
    assert_eq!(seen[1].rest(), ["] \"", ""]);
    assert_eq!(seen[3].args, [b"sadd", &b"s"[..], b"m\\\""]);
    assert_eq!(seen[3].to_string(), r#"lua "sadd" "s" "m\\\"""#);
    let scripts: Vec<bool> = seen.iter().map(|it| it.lua).collect();
    assert_eq!(scripts, [false, false, false, true, false, false, false]);
    assert!(seen.iter().all(|it| it.db == 2), "{}", transcript(&seen));
}

#[test]
fn waits_for_a_quiet_stretch_without_losing_lines() {
    let server = Server::start();
    let mut connection = server.connect();
    let (sum, seen) = server.monitor(|| {
        for number in 0..2000 {
            redis::cmd("INCRBY").arg("n").arg(number).exec(&mut connection).unwrap();
            if number == 1000 {
                std::thread::sleep(Duration::from_millis(1200));
            }
        }
        redis::cmd("GET").arg("n").query::<i64>(&mut connection).unwrap()
    });
    assert_eq!(sum, 1_999_000);
    assert_eq!(seen.len(), 2001);
}

#[test]
fn lines_are_parsed_strictly() {
    let seen = Seen::parse(br#"+1339518083.107412 [0 [::1]:60866] "keys" "\x00\xfF\n\a\b\\\"""#).unwrap();
    assert_eq!(seen.args, [b"keys", &b"\x00\xff\n\x07\x08\\\""[..]]);
    assert_eq!((seen.db, seen.lua), (0, false));
    for bad in [
        &b"+OK"[..],
        b"+1.0 [0 lua] keys",
        b"+1.0 [0 lua] \"keys",
        b"+1.0 [0 lua] \"keys\"x",
        b"+1.0 [x lua] \"keys\"",
    ] {
        Seen::parse(bad).unwrap_err();
    }
}
