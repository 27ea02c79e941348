"""`echoes calibrate`: fits decision and sampling again, by the engine that serves, where that is another now."""

import argparse
import sys

from adapters.registry import installed
from bot.config import load_config
from bot.errors import ExitCode
from bot.secrets import load_secrets
from bot.workspace import Workspace
from training.calibration import calibrate_again, told, told_sampling


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--lora", metavar="NAME", help="which one (default: what config.yaml says)")


def run(args: argparse.Namespace) -> int:
    workspace = Workspace.open(args.workspace)
    load_config(workspace.config, installed())  # its mistakes about platforms, too, which calibration does not know
    token = load_secrets(()).get("server_token")
    lora, fitted = calibrate_again(workspace, args.lora, lambda text: print(text, file=sys.stderr, flush=True), token)
    for name, value in (told(fitted.decision) | told_sampling(fitted.sampling)).items():
        print(f"{name}: {value}")
    print(f"Calibrated: {lora}. An avatar that runs takes it with a reload (SIGHUP).")
    return ExitCode.OK
