"""What services of pictures say of themselves, written for the tests after the standards."""

from __future__ import annotations

WMS_130 = """<?xml version="1.0" encoding="UTF-8"?>
<WMS_Capabilities version="1.3.0" xmlns="http://www.opengis.net/wms" xmlns:xlink="http://www.w3.org/1999/xlink">
<Service><Name>WMS</Name><Title>Cartes du risque</Title><OnlineResource xlink:href="{home}/"/></Service>
<Capability><Request><GetCapabilities><Format>text/xml</Format></GetCapabilities>
<GetMap><Format>image/jpeg</Format><Format>image/png</Format>
<DCPType><HTTP><Get><OnlineResource xlink:href="{home}/ows?map=a&amp;"/></Get></HTTP></DCPType></GetMap></Request>
<Layer><Title>Tout</Title><CRS>EPSG:4326</CRS><CRS>EPSG:3857</CRS>
<EX_GeographicBoundingBox><westBoundLongitude>-5</westBoundLongitude><eastBoundLongitude>10</eastBoundLongitude>
<southBoundLatitude>41</southBoundLatitude><northBoundLatitude>52</northBoundLatitude></EX_GeographicBoundingBox>
<Attribution><Title>DRIEAT</Title></Attribution>
<Layer queryable="1"><Name>azi</Name><Title>Zones inondables</Title>
<Style><Name>bleu</Name><Title>Bleu</Title></Style></Layer>
<Layer><Name>radar</Name><Title>Lame d’eau</Title>
<Dimension name="time" units="ISO8601" default="2026-11-24T03:00:00Z">2026-11-24T02:00:00Z,2026-11-24T03:00:00Z</Dimension></Layer>
</Layer></Capability></WMS_Capabilities>"""

WMS_111 = """<?xml version="1.0"?>
<!DOCTYPE WMT_MS_Capabilities SYSTEM "http://schemas.opengis.net/wms/1.1.1/WMS_MS_Capabilities.dtd">
<WMT_MS_Capabilities version="1.1.1"><Service><Title>Ancien</Title></Service>
<Capability><Request><GetMap><Format>image/png</Format></GetMap></Request>
<Layer><Title>T</Title><SRS>EPSG:4326 EPSG:900913</SRS><LatLonBoundingBox minx="2" miny="48" maxx="3" maxy="49"/>
<Layer><Name>vieux</Name><Title>Vieux</Title></Layer>
<Layer><Name>ailleurs</Name><Title>Ailleurs</Title></Layer></Layer></Capability></WMT_MS_Capabilities>"""

WMS_LAMBERT = WMS_130.replace("<CRS>EPSG:3857</CRS>", "<CRS>EPSG:2154</CRS>")

_MATRIX = """<TileMatrix><ows:Identifier>{name}</ows:Identifier><ScaleDenominator>{scale}</ScaleDenominator>
<TopLeftCorner>-20037508.3427892 20037508.3427892</TopLeftCorner><TileWidth>256</TileWidth><TileHeight>256</TileHeight>
<MatrixWidth>{n}</MatrixWidth><MatrixHeight>{n}</MatrixHeight></TileMatrix>"""


def _matrices(prefix: str, zooms: range) -> str:
    return "".join(
        _MATRIX.format(name=f"{prefix}{z}", scale=559082264.0287178 / 2**z, n=2**z) for z in zooms
    )


def wmts(*, rest: bool, prefix: str = "", zooms: range = range(19)) -> str:
    resource = (
        '<ResourceURL format="image/png" resourceType="tile" template="{home}/t/{Layer}/{Style}/'
        '{Time}/{TileMatrixSet}/{TileMatrix}/{TileRow}/{TileCol}.png"/>'.replace("{Layer}/", "")
        if rest else ""
    )  # fmt: skip
    return f"""<?xml version="1.0"?><Capabilities xmlns="http://www.opengis.net/wmts/1.0"
 xmlns:ows="http://www.opengis.net/ows/1.1" xmlns:xlink="http://www.w3.org/1999/xlink" version="1.0.0">
<ows:ServiceProvider><ows:ProviderName>IGN</ows:ProviderName></ows:ServiceProvider>
<ows:OperationsMetadata><ows:Operation name="GetTile"><ows:DCP><ows:HTTP>
<ows:Get xlink:href="{{home}}/wmts?"/></ows:HTTP></ows:DCP></ows:Operation></ows:OperationsMetadata>
<Contents><Layer><ows:Title>Plan</ows:Title><ows:Identifier>PLAN V2</ows:Identifier>
<ows:WGS84BoundingBox><ows:LowerCorner>-5 41</ows:LowerCorner><ows:UpperCorner>10 52</ows:UpperCorner></ows:WGS84BoundingBox>
<Style><ows:Identifier>gris</ows:Identifier></Style><Style isDefault="true"><ows:Identifier>normal</ows:Identifier></Style>
<Format>image/png</Format><Dimension><ows:Identifier>Time</ows:Identifier><Default>2026-11</Default><Value>2026-10</Value><Value>2026-11</Value></Dimension>
<TileMatrixSetLink><TileMatrixSet>L93</TileMatrixSet></TileMatrixSetLink>
<TileMatrixSetLink><TileMatrixSet>PM</TileMatrixSet></TileMatrixSetLink>{resource}</Layer>
<TileMatrixSet><ows:Identifier>L93</ows:Identifier><ows:SupportedCRS>urn:ogc:def:crs:EPSG::2154</ows:SupportedCRS></TileMatrixSet>
<TileMatrixSet><ows:Identifier>PM</ows:Identifier><ows:SupportedCRS>urn:ogc:def:crs:EPSG:6.18.3:3857</ows:SupportedCRS>
{_matrices(prefix, zooms)}</TileMatrixSet></Contents></Capabilities>"""
