"""The look: colours and type as a Gradio theme; the rest is in style.css."""

import json
from pathlib import Path
from typing import Any

from gradio.themes import Base, Color, LocalFont, sizes

HERE = Path(__file__).parent
CSS_FILES = [HERE / "style.css", HERE / "view.css", HERE / "picker.css", HERE / "browser.css"]
FAVICON = Path(__file__).with_name("favicon.svg")

VERMILION = Color(
    "#fdf3ef", "#fbe3da", "#f6c4b3", "#ee9d83", "#e37453", "#d3542f",
    "#b8421f", "#95361b", "#772e1b", "#5f281a", "#34120a", name="vermilion",
)  # fmt: skip
PAPER = Color(
    "#fbf9f5", "#f4f0e8", "#e7e0d4", "#d3cabb", "#a79d8f", "#7c7367",
    "#5d564d", "#443f39", "#2b2825", "#1e1c1a", "#131211", name="paper",
)  # fmt: skip


LOOK = {
    "body_background_fill": "*neutral_50",
    "body_background_fill_dark": "*neutral_950",
    "block_background_fill": "#ffffff",
    "block_background_fill_dark": "*neutral_900",
    "block_border_color": "*neutral_200",
    "block_border_color_dark": "*neutral_800",
    "block_label_background_fill": "*neutral_50",
    "block_label_background_fill_dark": "*neutral_800",
    "block_label_text_color": "*neutral_700",
    "block_label_text_color_dark": "*neutral_200",
    "block_title_text_weight": "600",
    "block_info_text_color": "*neutral_600",
    "block_info_text_color_dark": "*neutral_300",
    "body_text_color_subdued": "*neutral_600",
    "body_text_color_subdued_dark": "*neutral_300",
    "input_background_fill": "*neutral_50",
    "input_background_fill_dark": "*neutral_800",
    "button_primary_background_fill": "*primary_600",
    "button_primary_background_fill_hover": "*primary_700",
    "button_primary_background_fill_dark": "*primary_600",
    "button_primary_background_fill_hover_dark": "*primary_500",
    "button_primary_text_color": "#ffffff",
    "button_secondary_background_fill": "*neutral_100",
    "button_secondary_background_fill_hover": "*neutral_200",
    "button_secondary_background_fill_dark": "*neutral_800",
    "button_secondary_background_fill_hover_dark": "*neutral_700",
    "slider_color": "*primary_600",
    "slider_color_dark": "*primary_500",
    "block_shadow": "0 1px 2px rgb(60 40 20 / 6%)",
    "block_shadow_dark": "none",
}


def build_theme() -> Base:
    """Warm paper and vermilion; fonts come with Gradio, nothing is fetched from elsewhere."""
    theme = Base(
        primary_hue=VERMILION,
        secondary_hue=VERMILION,
        neutral_hue=PAPER,
        radius_size=sizes.radius_lg,
        font=(
            LocalFont("Source Sans Pro", weights=(400, 700)),
            "ui-sans-serif",
            "system-ui",
            "sans-serif",
        ),
        font_mono=("ui-monospace", "Consolas", "monospace"),
    )
    return theme.set(**LOOK)


def scripts(library: dict[str, Any]) -> str:
    """What the page runs before it is built: all of js/, and the built-in pictures as data."""
    data = json.dumps(library).replace("</", "<\\/")
    files = sorted((HERE / "js").glob("*.js"))
    parts = [f"globalThis.ccpl = {{ library: {data} }}", *(f.read_text("utf-8") for f in files)]
    return "<script>" + "\n".join(parts) + "</script>"
