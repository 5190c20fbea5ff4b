"""Pages that are made, not written: the API, and the files at the top of the repository.

mkdocs calls the hooks at the end. A room of the package is a page with its functions; a public
class has a page of its own, with the methods that it inherits and users call.
"""

from __future__ import annotations

import html
import inspect
import pkgutil
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType

import griffe
from latex2mathml.converter import convert
from mkdocs.structure.files import File

import skscale

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
FORMER = {"backtest", "persistence"}  # former places of what stands elsewhere
# What arithmatex leaves of a formula.
FORMULA = re.compile(
    r'<(?P<tag>span|div) class="arithmatex">\s*\\(?P<block>[(\[])(?P<tex>.*?)\\[)\]]\s*</(?P=tag)>',
    re.DOTALL,
)
VERBS = (
    *("pretrain", "fit", "predict", "fit_predict", "update", "update_predict"),
    *("predict_interval", "predict_quantiles", "predict_var", "predict_proba"),
    *("predict_residuals", "transform", "fit_transform", "inverse_transform"),
    *("predict_points", "predict_scores", "transform_scores"),
    *("score", "forward", "get_fitted_params", "get_params", "set_params", "save"),
)


def rooms() -> Iterator[ModuleType]:
    """Public modules that list what they make public."""
    for found in pkgutil.iter_modules(skscale.__path__):
        if not found.name.startswith("_") and found.name not in FORMER:
            module = import_module(f"skscale.{found.name}")
            if hasattr(module, "__all__"):
                yield module


def summary(thing: object) -> str:
    """First sentence of the documentation, on one line."""
    first = " ".join((inspect.getdoc(thing) or "").split("\n\n")[0].split())
    return plain(first)


def plain(text: str) -> str:
    """Without the roles and double backticks of reStructuredText."""
    return re.sub(r":\w+:`([^`]*)`", r"`\1`", text).replace("``", "`")


def inherited(cls: type) -> Iterator[str]:
    """Sections for the methods that users call and ``cls`` does not define."""
    for name in VERBS:
        method = getattr(cls, name, None)
        if method is not None and name not in vars(cls):
            yield f"### `{name}` {{ #{cls.__name__}.{name} }}\n"
            yield f"```python\n{name}{signature(method)}\n```\n"
            yield f"{summary(method)}\n"
            yield from parameters(method)


def signature(method: object) -> str:
    """Names and defaults of the arguments, as a user gives them."""
    found = inspect.signature(method)  # type: ignore[arg-type]
    kept = [
        p.replace(annotation=inspect.Parameter.empty)
        for p in found.parameters.values()
        if p.name != "self"
    ]
    return str(found.replace(parameters=kept, return_annotation=inspect.Signature.empty))


def parameters(method: object) -> Iterator[str]:
    """Parameters and returns, read from a numpydoc docstring."""
    text = griffe.Docstring(inspect.getdoc(method) or "", parser="numpy")
    for section in text.parse(warnings=False):
        if section.kind is griffe.DocstringSectionKind.parameters:
            yield "".join(f"- `{p.name}`: {entry(p)}\n" for p in section.value)
        elif section.kind is griffe.DocstringSectionKind.returns:
            yield "".join(f"- Returns {entry(r)}\n" for r in section.value)


def entry(documented: griffe.DocstringElement) -> str:
    """Type and the first paragraph of an entry, on one line."""
    first = documented.description.split("\n\n")[0].split("\n*")[0].split("\n-")[0]
    kind = f"*{documented.annotation}*. " if documented.annotation else ""
    return plain(f"{kind}{' '.join(first.split())}".rstrip(":"))


def pages_that_use(name: str) -> Iterator[str]:
    """Links to the tutorials and guides in which a class occurs."""
    for path in (*tutorials(), *sorted(DOCS.glob("*.md"))):
        text = path.read_text(encoding="utf-8")
        if path != DOCS / "index.md" and re.search(rf"\b{name}\b", text):
            yield f"[{title(path)}](../../{path.relative_to(DOCS).with_suffix('.md').as_posix()})"


def tutorials() -> list[Path]:
    """Tutorials there are, in their order."""
    return sorted((DOCS / "tutorials").glob("[0-9]*.md"))


def title(path: Path) -> str:
    """First heading of a page."""
    found = re.search(r"^# (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return found[1] if found else path.stem


def class_page(room: str, cls: type) -> str:
    """Page of a class."""
    used = list(pages_that_use(cls.__name__))
    methods = list(inherited(cls))
    return page(
        "---\nsearch:\n  boost: 0.5\n---\n",  # a search shows the guides first
        f"# {cls.__name__}\n",
        constructor(cls),
        f"::: skscale.{room}.{cls.__name__}\n    options:\n      show_root_heading: false\n"
        f"      members: {own_methods(cls)}\n",
        *([f"Used in: {', '.join(used)}.\n"] if used else []),
        *(["## Inherited methods\n", *methods] if methods else []),
    )


def constructor(cls: type) -> str:
    """How a class is called, one argument a line where there are many."""
    try:
        text = f"{cls.__name__}{signature(cls)}"
    except ValueError:  # an exception, or what is built in
        return ""
    if len(text) > 80:
        text = text.replace("(", "(\n    ", 1).replace(", ", ",\n    ")[:-1] + ",\n)"
    return f"```python\n{text}\n```\n"


def own_methods(cls: type) -> list[str]:
    """Public methods and properties that a class defines; its fields are in its documentation."""
    hidden = {"get_test_params"}
    return [
        name
        for name, one in vars(cls).items()
        if not name.startswith("_")
        and name not in hidden
        and (inspect.isroutine(one) or isinstance(one, property | classmethod))
        and inspect.getdoc(getattr(cls, name))
    ]


def room_page(module: ModuleType) -> str:
    """Page of a room: a table of what it holds, and its functions."""
    room = name_of(module)
    public = {name: getattr(module, name) for name in sorted(module.__all__)}
    functions = [name for name, one in public.items() if inspect.isfunction(one)]
    return page(
        f"# skscale.{room}\n",
        f"{summary(module)}\n",
        "| name | what it is |\n| --- | --- |",
        *(row(room, name, one) for name, one in public.items()),
        "",
        *(f"::: skscale.{room}.{name}\n    options: {{heading_level: 2}}\n" for name in functions),
    )


def row(room: str, name: str, one: object) -> str:
    """Row of a public name in the table of its room."""
    if inspect.isclass(one):
        return f"| [{name}]({name}.md) | {summary(one)} |"
    if inspect.isfunction(one):
        return f"| [{name}](#skscale.{room}.{name}) | {summary(one)} |"
    return f"| {name} | `{', '.join(map(str, one))}` |"  # type: ignore[call-overload]


def overview(modules: list[ModuleType]) -> str:
    """First page of the API."""
    names = [name_of(module) for module in modules]
    rows = zip(names, map(summary, modules), strict=True)
    return page(
        "# API\n",
        "Forecasters, operators and the autoencoder can be imported from `skscale` itself.\n",
        "| module | what it holds |\n| --- | --- |",
        *(f"| [skscale.{name}]({name}/index.md) | {text} |" for name, text in rows),
    )


def page(*lines: str) -> str:
    """Text of a page."""
    return "\n".join(lines) + "\n"


def name_of(module: ModuleType) -> str:
    """Name of a room."""
    return module.__name__.removeprefix("skscale.")


def classes(module: ModuleType) -> dict[str, type]:
    """Public classes of a room."""
    public = ((name, getattr(module, name)) for name in sorted(module.__all__))
    return {name: one for name, one in public if inspect.isclass(one)}


def api() -> dict[str, str]:
    """Address and text of every page of the API."""
    modules = list(rooms())
    pages = {"api/index.md": overview(modules)}
    for module in modules:
        room = name_of(module)
        pages[f"api/{room}/index.md"] = room_page(module)
        for name, cls in classes(module).items():
            pages[f"api/{room}/{name}.md"] = class_page(room, cls)
    return pages


def top_files() -> dict[str, str]:
    """README, CONTRIBUTING and CHANGELOG as pages; their links lead into docs/."""
    pages = {}
    for name in ("README", "CONTRIBUTING", "CHANGELOG"):
        text = (ROOT / f"{name}.md").read_text(encoding="utf-8").replace("](docs/", "](")
        pages[f"{name.lower()}.md"] = re.sub(r"\]\([A-Z]+\.md", lambda link: link[0].lower(), text)
    return pages


def on_config(config):
    """Fill in what the navigation leaves open: tutorials, networks, the API."""
    networks = sorted((DOCS / "networks").glob("*.md"))
    parts = {
        "Tutorials": [f"tutorials/{path.name}" for path in tutorials()],
        "Networks": [f"networks/{path.name}" for path in networks],
        "API": ["api/index.md", *({name_of(m): room_nav(m)} for m in rooms())],
    }
    fill(config["nav"], parts)
    return config


def room_nav(module: ModuleType) -> list:
    """Pages of a room, in the form of mkdocs."""
    room = name_of(module)
    return [f"api/{room}/index.md", *({n: f"api/{room}/{n}.md"} for n in classes(module))]


def fill(nav: list, parts: dict[str, list]) -> None:
    """Append to each section that is named in ``parts``, at any depth."""
    for entry in nav:
        for name, value in entry.items() if isinstance(entry, dict) else ():
            if isinstance(value, list):
                fill(value, parts)
                value += parts.get(name, [])


def on_files(files, config):
    """Add the pages to those that lie in docs/."""
    for address, text in {**api(), **top_files()}.items():
        files.append(File.generated(config, address, content=text))
    return files


def on_page_markdown(markdown, page, config, files):
    """List the tutorials on their first page."""
    if page.file.src_uri != "tutorials/index.md":
        return markdown
    return markdown + "\n" + "".join(f"1. [{title(one)}]({one.name})\n" for one in tutorials())


def on_page_content(text, page, config, files):
    """Set formulas as MathML, which browsers show without a script."""
    return FORMULA.sub(lambda found: mathml(found["tex"], found["block"] == "["), text)


def mathml(tex: str, block: bool) -> str:
    """A formula of TeX, escaped for HTML, as MathML."""
    return convert(html.unescape(tex), display="block" if block else "inline")
