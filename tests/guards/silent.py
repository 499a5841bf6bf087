"""How many silent bugs the guards catch: `python -m tests.guards.silent`."""

import tomllib

from tests.guide import ROOT


def questions():
    """Read tests/guards/silent.toml."""
    return tomllib.loads((ROOT / "tests/guards/silent.toml").read_text())


def groups():
    """Return the questions by what catches them."""
    found = {"a guard alone": {}, "a guard beside a reference": {},
             "the guard of a page": {}, "no guard": {}}
    for name, question in questions().items():
        if "missed" in question:
            group = "no guard"
        elif "page" in question:
            group = "the guard of a page"
        elif question["guard"] == "agrees_with_reference":
            group = "a guard beside a reference"
        else:
            group = "a guard alone"
        found[group][name] = question
    return found


def main():
    """Print what is caught by what, and what is not, and why."""
    found = groups()
    for group, listed in found.items():
        print(f"Caught by {group}: {len(listed)}")
        for name, question in listed.items():
            print(f"  {name} {question['asks']}")
            by = question.get("model") or question.get("page")
            print(f"      {question['missed'] if 'missed' in question else question['guard']}"
                  f"{f', {by}' if by else ''}")
    total, missed = sum(map(len, found.values())), len(found["no guard"])
    print(f"\n{total - missed} of {total} silent bugs are caught, {1 - missed / total:.0%}: ",
          ", ".join(f"{len(listed)} by {group}" for group, listed in found.items()), sep="")


if __name__ == "__main__":
    main()
