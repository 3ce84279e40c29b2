def parted_name(whole: str, first: str, last: str) -> tuple[str, str]:
    """
    First and last name of a name in one. The part that is as it was, `first` or `last`, stays what it was; where both are new the
    last blank parts them.
    """
    words = " ".join(whole.split())
    if last and (words == last or words.endswith(f" {last}")):
        return words[: -len(last)].strip(), last
    if first and words.startswith(f"{first} "):
        return first, words[len(first) + 1 :]
    before, _blank, after = words.rpartition(" ")
    return before, after
