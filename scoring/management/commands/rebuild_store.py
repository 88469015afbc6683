"""`./run manage rebuild_store`: the columns of past applications cut anew from the assessments."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from scoring.simulation.store import rebuild
from underwriting.models import PastChunk, Product


class Command(BaseCommand):
    help = "Cut the store of past applications anew from the assessments, for one product or for all."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--product", help="lender/product, for instance harbour/instalment-loan")

    def handle(self, *_: Any, **options: Any) -> None:
        for product in Product.objects.select_related("lender").order_by("pk"):
            if options["product"] in (None, str(product)):
                rebuild(product)
                chunks = PastChunk.objects.filter(product=product)
                rows = sum(chunks.values_list("row_count", flat=True))
                self.stdout.write(f"{product}: {rows} assessments in {len(chunks)} chunks")
