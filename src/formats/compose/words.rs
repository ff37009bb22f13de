//! Commands written as one text, split as Compose splits them.

/// The words; none if a quote is left open. What stands behind an unquoted `;`, `&`, `|`, `<` or `>` is dropped, because
/// Compose drops it: such a text never reaches a shell.
pub(super) fn split(text: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word = String::new();
    let (mut some, mut escaped) = (false, false);
    let (mut single, mut double, mut back, mut dollar) = (false, false, false, false);
    for c in text.chars() {
        if escaped {
            if back || dollar {
                word.push('\\');
            }
            word.push(match c {
                c if back || dollar => c,
                't' => '\t',
                'n' => '\n',
                other => other,
            });
            (escaped, some) = (false, true);
            continue;
        }
        let quoted = single || double || back || dollar;
        match c {
            '\\' if !single => {
                escaped = true;
                continue;
            }
            ' ' | '\t' | '\r' | '\n' if !quoted => {
                if some {
                    words.push(std::mem::take(&mut word));
                    some = false;
                }
                continue;
            }
            '"' if !single && !dollar && !back => {
                double = !double;
                some |= !double;
                continue;
            }
            '\'' if !double && !dollar && !back => {
                single = !single;
                some |= !single;
                continue;
            }
            '`' if !single && !double && !dollar => back = !back,
            ')' if !single && !double && !back => {
                if !dollar {
                    return None;
                }
                dollar = false;
            }
            '(' if !single && !double && !back => {
                if dollar || !word.ends_with('$') {
                    return None;
                }
                dollar = true;
            }
            ';' | '&' | '|' | '<' | '>' if !quoted => {
                let descriptor = c == '>' && !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit());
                some &= !descriptor;
                break;
            }
            _ => {}
        }
        some = true;
        word.push(c);
    }
    if some {
        words.push(word);
    }
    let open = escaped || single || double || back || dollar;
    (!open).then_some(words)
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn texts_are_split_as_compose_splits_them() {
        let rows: [(&str, &[&str]); 8] = [
            ("sh -c \"a \\d \\\" b\" && c", &["sh", "-c", "a d \" b"]),
            ("a;b", &["a"]),
            ("a '' 'b c'", &["a", "", "b c"]),
            ("echo 2>&1", &["echo"]),
            ("2a>b", &["2a"]),
            ("`\"`", &["`\"`"]),
            ("a=$(b c) d", &["a=$(b c)", "d"]),
            ("", &[]),
        ];
        for (written, wanted) in rows {
            assert_eq!(
                split(written).as_deref(),
                Some(wanted.iter().map(ToString::to_string).collect::<Vec<_>>().as_slice()),
                "{written}"
            );
        }
        assert_eq!(split(r"a\nb \t"), Some(vec!["a\nb".to_owned(), "\t".to_owned()]));
        assert_eq!(split(r"`a\` \n` $(b \))"), Some(vec![r"`a\` \n`".to_owned(), r"$(b \))".to_owned()]));
        assert_eq!((split("a 'b"), split("a)"), split("(a)")), (None, None, None));
    }
}
