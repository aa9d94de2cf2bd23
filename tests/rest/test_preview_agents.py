"""The data file of agents that fetch a link before a person does."""

import tomllib
from pathlib import Path

import org_files
from org_files import conf
from org_files.rest.views.shared import is_preview_agent

PATH = Path(org_files.__file__).with_name("preview_agents.toml")
AGENTS = tomllib.loads(PATH.read_text(encoding="utf-8"))["agent"]


def test_each_entry__matches_its_fetcher_alone_and_no_entry_a_person(settings):
    for agent in AGENTS:
        settings.ORG_FILES = {}
        assert not is_preview_agent(agent["person"]), agent
        settings.ORG_FILES = {"LINK_PREVIEW_AGENTS": [agent["part"]]}
        assert is_preview_agent(agent["fetcher"]), agent


def test_list__is_the_default_of_the_setting():
    assert conf.link_preview_agents.default == tuple(agent["part"] for agent in AGENTS)
