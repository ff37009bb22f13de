//! Settings that are environments by their names alone, and those that are none.

use super::tests::environments;

#[test]
fn what_tests_are_given_to_work_on_holds_no_settings_of_the_project() {
    let settings = "DATABASES = {}\nROOT_URLCONF = 'shop.urls'\nSECRET_KEY = 'x'\nALLOWED_HOSTS = []\n";
    let found = |path: &str| environments(&[(path, settings), ("requirements.txt", "django==5.2\n")]).len();
    assert_eq!((found("test/data/shop/src/settings.py"), found("tests/shop/settings.py")), (0, 1));
}

#[test]
fn classes_for_several_stagings_are_as_many_environments() {
    let config = "class Config:\n    DEBUG = False\n\nclass Live(Config):\n    pass\n\nclass Preview(Live):\n    pass\n\nclass Staging(Live):\n    pass\n";
    let found = environments(&[
        ("config.py", config),
        ("app.py", "from flask import Flask\n"),
        ("requirements.txt", "flask==3.0\n"),
    ]);
    let staging = found.iter().filter(|one| one.contains(" staging: ")).count();
    assert_eq!(staging, 2, "{found:?}");
}
