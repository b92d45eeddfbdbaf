"""Joins the doors into one application; what a door answers, and with which headers, is its own business."""

from flask import Flask

from capture.blueprint import open_public_door
from capture.door import Door
from capture.even import held_back
from console.blueprint import console_blueprint
from console.door import ConsoleDoor
from console.verdict import StaffDoor, verdict_blueprint
from terreau.house import House


def create_app(house: House) -> Flask:
    """The pages of visitors and of staff, over the parts of `house`."""
    app = Flask("terreau", static_folder=None, template_folder=None)
    open_public_door(app, public_door(house))
    app.register_blueprint(verdict_blueprint(staff_door(house)), name="verdict")  # `console` is the console's
    app.register_blueprint(console_blueprint(console_door(house)))
    app.wsgi_app = held_back(house.traffic.counted(app.wsgi_app))  # type: ignore[method-assign]
    return app


def public_door(house: House) -> Door:
    return Door(
        database=house.database,
        releases=house.releases,
        config=house.config,
        clocks=house.clocks,
        signer=house.signer,
        keys=house.keys,
        blobs=house.blobs,
        views=house.views,
    )


def console_door(house: House) -> ConsoleDoor:
    return ConsoleDoor(
        database=house.database,
        releases=house.releases,
        config=house.config,
        clocks=house.clocks,
        signer=house.signer,
        keys=house.keys,
        blobs=house.blobs,
        trouble=lambda: house.sender.channel.reason,
    )


def staff_door(house: House) -> StaffDoor:
    return StaffDoor(
        database=house.database, releases=house.releases, config=house.config, clocks=house.clocks, keys=house.keys
    )
