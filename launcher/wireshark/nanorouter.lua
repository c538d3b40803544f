-- SPDX-License-Identifier: Apache-2.0
--
-- Shows in a tree of its own what Nanorouter says of a frame, with fields for filters and columns. A link to this file
-- is in one of Wireshark's folders for Lua plugins. In files of 'nanorouter capture' an interface is a port and a way,
-- "nk0 in", and a packet has comments of words KEY=VALUE.

set_plugin_info({
  version = "1.0",
  description = "Frames of a Nanorouter capture: port, ring, router, reason of a drop",
})

local nanorouter = Proto("nanorouter", "Nanorouter")

local port = ProtoField.string("nanorouter.port", "Port")
local direction = ProtoField.string("nanorouter.direction", "Direction")
local id = ProtoField.uint64("nanorouter.id", "Frame", base.DEC, nil, nil,
  "The same wherever the frame was seen in the router")

-- By the key of the comment, in the order of the tree.
local keys = {
  "ring_ns", "sequence", "epoch", "slot", "router_ns", "drop", "gso", "csum", "parts",
}
local fields = {
  ring_ns = ProtoField.uint64("nanorouter.ring_ns", "Time in the ring, ns", base.DEC, nil, nil,
    "From being put into the ring by the peer until the router took it"),
  sequence = ProtoField.uint64("nanorouter.sequence", "Sequence number in the ring"),
  epoch = ProtoField.uint64("nanorouter.epoch", "Epoch of the peer"),
  slot = ProtoField.uint64("nanorouter.slot", "Offset of its record in the ring"),
  router_ns = ProtoField.uint64("nanorouter.router_ns", "Time in the router, ns", base.DEC, nil, nil,
    "From its receipt until it was sent"),
  drop = ProtoField.string("nanorouter.drop", "Dropped"),
  gso = ProtoField.string("nanorouter.gso", "Segmentation left to the egress", base.ASCII,
    "Kind and bytes of payload a segment"),
  csum = ProtoField.string("nanorouter.csum", "Checksum"),
  parts = ProtoField.uint64("nanorouter.parts", "Datagrams joined"),
}
local is_text = { drop = true, gso = true, csum = true }
local dropped = ProtoExpert.new("nanorouter.dropped", "Dropped", expert.group.SEQUENCE, expert.severity.WARN)

local all = { port, direction, id }
for _, key in ipairs(keys) do
  all[#all + 1] = fields[key]
end
nanorouter.fields = all
nanorouter.experts = { dropped }

local interface_name = Field.new("frame.interface_name")
local comment = Field.new("frame.comment")
-- Wireshark before 3.6 has none; then it may be in a comment.
local has_packet_id, packet_id = pcall(Field.new, "frame.packet_id")

-- What the comments say, by key.
local function said()
  local values = {}
  for _, each in ipairs({ comment() }) do
    for key, value in each.value:gmatch("([%l_]+)=(%S+)") do
      if is_text[key] then
        values[key] = value
      elseif (fields[key] or key == "id") and value:match("^%d+$") then
        values[key] = UInt64(value)
      end
    end
  end
  return values
end

function nanorouter.dissector(_, _, root)
  local interface = interface_name()
  local name, way
  if interface then
    name, way = interface.value:match("^(.+) (%l+)$")
  end
  if way ~= "in" and way ~= "out" then
    return
  end
  local values = said()
  local number = has_packet_id and packet_id()
  local tree = root:add(nanorouter)
  tree:append_text(", " .. name .. " " .. way .. (values.drop and ", dropped: " .. values.drop or ""))
  tree:add(port, name):set_generated()
  tree:add(direction, way):set_generated()
  number = number and number.value or values.id
  if number then
    tree:add(id, number):set_generated()
  end
  for _, key in ipairs(keys) do
    if values[key] then
      local item = tree:add(fields[key], values[key]):set_generated()
      if key == "drop" then
        item:add_proto_expert_info(dropped, "Dropped: " .. values.drop)
      end
    end
  end
end

register_postdissector(nanorouter)
