//! Ways that are known to reach what should not be reached.

use super::*;

fn refused(url: &str) -> Option<Refused> {
    Guard::default().check_url(url).err()
}

#[test]
fn public_addresses_pass() {
    for url in [
        "https://hooks.example.com/wechat",
        "http://hooks.example.com:8080/",
        "https://1.1.1.1/",
        "https://[2606:4700::1111]/",
        "https://例子.中国/",
        "http://[64:ff9b::1.1.1.1]/",
    ] {
        assert_eq!(refused(url), None, "{url}");
    }
}

#[test]
fn addresses_inside_are_refused_however_they_are_written() {
    for url in [
        "http://127.0.0.1/",
        "http://127.1/",
        "http://2130706433/",
        "http://0x7f.0.0.1/",
        "http://0177.0.0.1/",
        "http://0/",
        "http://0.0.0.0/",
        "http://１２７.0.0.1/",
        "http://127.0.0.1./",
        "http://10.1.2.3/",
        "http://172.16.0.1/",
        "http://172.31.255.255/",
        "http://192.168.0.1/",
        "http://169.254.169.254/latest/meta-data/",
        "http://100.64.0.1/",
        "http://100.100.100.200/",
        "http://168.63.129.16/",
        "http://192.0.0.1/",
        "http://198.18.0.1/",
        "http://224.0.0.1/",
        "http://240.0.0.1/",
        "http://255.255.255.255/",
        "http://[::1]/",
        "http://[::]/",
        "http://[fe80::1]/",
        "http://[fec0::1]/",
        "http://[fc00::1]/",
        "http://[fd00:ec2::254]/",
        "http://[ff02::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://[::ffff:a9fe:a9fe]/",
        "http://[::127.0.0.1]/",
        "http://[64:ff9b::7f00:1]/",
        "http://[64:ff9b::a9fe:a9fe]/",
        "http://[64:ff9b:1::808:808]/",
        "http://[2002:7f00:1::]/",
        "http://[2002:c0a8:1::1]/",
        "http://[2001:0:1::1]/",
        "http://[2001:db8::1]/",
        "http://[100::1]/",
        "http://localhost/",
        "http://LOCALHOST./",
        "http://api.localhost/",
        "http://printer.local/",
        "http://metadata.google.internal/",
        "http://router/",
    ] {
        assert!(matches!(refused(url), Some(Refused::Private(_))), "{url}: {:?}", refused(url));
    }
}

#[test]
fn other_schemes_ports_and_passwords_are_refused() {
    for (url, why) in [
        ("ftp://hooks.example.com/", Refused::Scheme),
        ("file:///etc/passwd", Refused::Scheme),
        ("gopher://hooks.example.com/", Refused::Scheme),
        ("unix:/run/docker.sock", Refused::Scheme),
        ("//hooks.example.com/", Refused::NotAUrl),
        ("http://", Refused::NotAUrl),
        ("http://admin@hooks.example.com/", Refused::Credentials),
        ("http://:pw@hooks.example.com/", Refused::Credentials),
        ("http://hooks.example.com:22/", Refused::Port(22)),
        ("http://hooks.example.com:25/", Refused::Port(25)),
        ("http://hooks.example.com:5432/", Refused::Port(5432)),
        ("http://1.1.1.1:11211/", Refused::Port(11211)),
        ("http://hooks.example.com:0/", Refused::Port(0)),
    ] {
        assert_eq!(refused(url), Some(why), "{url}");
    }
    // The host is what stands after the last @, whatever stands before it.
    assert_eq!(refused("http://hooks.example.com@127.0.0.1/"), Some(Refused::Credentials));
    assert!(matches!(refused("http://127.0.0.1\\@hooks.example.com/"), Some(Refused::Private(_))));
}

#[test]
fn the_operator_may_allow_hosts_and_ranges() {
    let guard = Guard::allowing(["hooks.intern", "127.0.0.1:9000", "10.1.0.0/16", "::1", "cache.intern:6379"]).unwrap();
    for url in [
        "http://hooks.intern/",
        "http://HOOKS.intern:22/",
        "http://127.0.0.1:9000/",
        "http://10.1.200.3:81/",
        "http://[::1]:8080/",
        "http://cache.intern:6379/",
    ] {
        assert_eq!(guard.check_url(url).err(), None, "{url}");
    }
    for url in
        ["http://127.0.0.1:9001/", "http://127.0.0.1/", "http://10.2.0.1/", "http://[fe80::1]/", "http://cache.intern/"]
    {
        assert!(guard.check_url(url).is_err(), "{url}");
    }
    assert!(guard.check_resolved("hooks.intern", "192.168.1.1".parse().unwrap()).is_ok());
    assert!(guard.check_resolved("other.example", "10.1.3.4".parse().unwrap()).is_ok());
    assert!(guard.check_resolved("other.example", "::ffff:10.1.3.4".parse().unwrap()).is_ok());
    assert!(guard.check_resolved("other.example", "192.168.1.1".parse().unwrap()).is_err());
}

#[test]
fn entries_that_mean_nothing_are_refused() {
    for wrong in ["", "10.0.0.0/33", "::/129", "http://hooks.intern/", "10.0.0.0/x", "a b", "host:99999", "*"] {
        assert!(Guard::allowing([wrong]).is_err(), "{wrong}");
    }
    assert!(Guard::allowing(["0.0.0.0/0"]).unwrap().check_url("http://127.0.0.1/").is_ok());
}
