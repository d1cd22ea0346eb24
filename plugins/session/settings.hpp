#pragma once

#include <libtorrent/fwd.hpp>

namespace tau::plugins {

/// What a session should allow so that Tau works well through it: answers to
/// friends are not cut off by the stock DHT quota of 8,000 B/s, bursts are not
/// lost in the socket buffer, and friends are not taken for flooders. A value that
/// is already higher is left alone. A session with stock settings works too, slowly.
///
/// Source: docs/embedding.md, "Settings". Threading: any.
void recommend(lt::settings_pack& settings);

/// What a session needs beside recommend() when this program owns it and drains
/// its alerts: the alerts that Tau acts on and a queue that holds a burst of them.
void prepare_owned(lt::settings_pack& settings);

/// What a network on one machine needs: no rate limits, no discovery outside,
/// several nodes on one address, no contact with the public DHT. Never for a node
/// that strangers can reach, as it switches the flood protection off.
void prepare_private(lt::settings_pack& settings);

} // namespace tau::plugins
