# SPDX-License-Identifier: GPL-2.0-or-later
"""Limits: 500 lines a file; 60 lines, 5 parameters and nesting of 4 a function."""

import re

import tree

FILE_MAX = 500
FUNCTION_MAX = 60
PARAMETERS_MAX = 5
NESTING_MAX = 4

WORDS = re.compile(r"\b(?:if|for|while|switch|else|do)\b|[{};()]")
CONTROL = ("if", "for", "while", "switch")


def functions(lines):
    """(name, signature, number of the opening brace's line, body lines) of each function."""
    start = None
    for number, line in enumerate(lines):
        if line == "{":
            start = number
        elif line.startswith("}") and start is not None:
            first = start - 1
            while first >= 0 and lines[first].strip() and not lines[first].startswith(("}", "#")):
                first -= 1
            signature = " ".join(lines[first + 1:start])
            name = re.search(r"(\w+)\s*\(", signature)
            yield name.group(1) if name else "?", signature, start, lines[start + 1:number]
            start = None


def parameters(signature):
    """How many parameters the signature names."""
    inside = signature[signature.find("(") + 1:]
    depth = commas = 0
    for char in inside:
        depth += (char in "([") - (char in ")]")
        if depth < 0:
            break
        commas += char == "," and depth == 0
    return commas + 1


def skip_parentheses(words, at):
    """The index behind the closing parenthesis that matches the opening one at `at`."""
    depth = 0
    for index in range(at, len(words)):
        depth += (words[index] == "(") - (words[index] == ")")
        if depth == 0:
            return index + 1
    return len(words)


def nesting(body):
    """The deepest level of blocks and of statements without braces under control words."""
    words = WORDS.findall("\n".join(body))
    stack = []  # True: a brace, False: a single statement
    deepest = at = 0
    while at < len(words):
        word = words[at]
        at += 1
        if word in CONTROL:
            at = skip_parentheses(words, at)
        if word in CONTROL + ("else", "do"):
            follows = words[at] if at < len(words) else ""
            if follows != "{" and not (word == "else" and follows == "if"):
                stack.append(False)
        elif word == "{":
            stack.append(True)
        elif word == "(":
            at = skip_parentheses(words, at - 1)
        elif word == "}":
            while stack and not stack.pop():
                pass
        elif word == ";" and stack and not stack[-1]:
            stack.pop()
        if word in ";}" and words[at:at + 1] != ["else"]:
            while stack and not stack[-1]:
                stack.pop()
        deepest = max(deepest, len(stack))
    return deepest


def check(name):
    """The problems of one file."""
    source = tree.text(name)
    lines = tree.bare(source).splitlines()
    if len(lines) > FILE_MAX and name not in tree.allowed("file"):
        yield f"{name}:1: {len(lines)} lines, the limit is {FILE_MAX}"
    if not name.endswith((".c", ".h")):
        return
    for function, signature, start, body in functions(lines):
        where = f"{name}:{start + 1}: {function}"
        if len(body) > FUNCTION_MAX and function not in tree.allowed("function"):
            yield f"{where}: {len(body)} lines, the limit is {FUNCTION_MAX}"
        if parameters(signature) > PARAMETERS_MAX and function not in tree.allowed("parameters"):
            yield f"{where}: {parameters(signature)} parameters, the limit is {PARAMETERS_MAX}"
        if nesting(body) > NESTING_MAX and function not in tree.allowed("nesting"):
            yield f"{where}: nesting of {nesting(body)}, the limit is {NESTING_MAX}"


tree.finish([p for name in tree.files(".c", ".h", ".py", ".sh") for p in check(name)])
