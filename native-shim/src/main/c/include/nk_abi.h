/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nk_abi.h - layouts shared by every process that talks to the nanokernel, revision 1.
 *
 * The specification is docs/abi.md; the Java twins are the *Descriptor classes of
 * org.nanorouter.nanokernel.abi. All fields are little-endian. Times are CLOCK_MONOTONIC nanoseconds.
 */
#ifndef NK_ABI_H
#define NK_ABI_H

#include <stddef.h>
#include <stdint.h>

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "the nanokernel ABI is little-endian"
#endif

#define NK_REVISION 1u
#define NK_MAX_OS 32u
#define NK_NAME_LENGTH 32u
#define NK_MIN_RING_CAPACITY (256u * 1024u)
#define NK_MAX_RING_CAPACITY (64u * 1024u * 1024u)
#define NK_MAX_PAYLOAD 65600u
#define NK_MAX_REGION_LENGTH (1024u * 1024u * 1024u)

/* Management region, docs/abi.md section 2. Written by the nanokernel alone. */

#define NK_MANAGEMENT_MAGIC UINT64_C(0x304D474D4B4E524E)
#define NK_MANAGEMENT_LENGTH 81920u
#define NK_MANAGEMENT_ADDRESS UINT64_C(0x6E6B00000000) /* in every OS, unless taken */
#define NK_OS_TABLE_OFFSET 4096u
#define NK_RING_DIRECTORY_OFFSET 12288u

struct nk_management_header {
	uint64_t magic;
	uint32_t revision;
	uint32_t os_capacity;
	uint8_t boot_id[16];
	uint64_t region_length;
	uint64_t change_count; /* release */
	uint64_t reserved[2];
	uint64_t heartbeat; /* release */
	uint64_t reserved_tail[7];
};

enum nk_os_kind { NK_KIND_NAMESPACE = 1, NK_KIND_QEMU = 2, NK_KIND_PROCESS = 3, NK_KIND_EXTERNAL = 4 };

enum nk_os_state {
	NK_STATE_DEFINED = 0,
	NK_STATE_BOOTING = 1,
	NK_STATE_RUNNING = 2,
	NK_STATE_SUSPECT = 3,
	NK_STATE_PANICKED = 4,
	NK_STATE_HUNG = 5,
	NK_STATE_RESTARTING = 6,
	NK_STATE_STOPPED = 7,
	NK_STATE_FAILED = 8,
};

enum nk_failure {
	NK_FAILURE_NONE = 0,
	NK_FAILURE_PANIC = 1,
	NK_FAILURE_EXIT = 2,
	NK_FAILURE_SIGNAL = 3,
	NK_FAILURE_HEARTBEAT = 4,
	NK_FAILURE_STALL = 5,
	NK_FAILURE_LIE = 6,
};

struct nk_os_entry {
	char name[NK_NAME_LENGTH];
	uint32_t id;
	uint32_t kind;
	uint32_t state; /* release */
	uint32_t epoch; /* release */
	uint64_t region_length;
	uint64_t started_at;
	uint32_t heartbeat_period_ms;
	uint32_t heartbeat_deadline_ms;
	uint32_t restart_count;
	uint32_t last_failure;
	uint64_t last_failure_at;
	uint8_t mac[6];
	uint8_t reserved_mac[2];
	uint8_t incarnation[16];
	uint8_t reserved[144];
};

enum nk_ring_state { NK_RING_ABSENT = 0, NK_RING_OPEN = 1 };

struct nk_ring_entry {
	uint32_t state; /* release */
	uint32_t producer;
	uint32_t consumer;
	uint32_t reserved;
	uint64_t data_offset;
	uint64_t capacity;
	uint64_t reserved_tail[4];
};

struct nk_management {
	struct nk_management_header header;
	uint8_t reserved_header[NK_OS_TABLE_OFFSET - sizeof(struct nk_management_header)];
	struct nk_os_entry os[NK_MAX_OS];
	struct nk_ring_entry ring[NK_MAX_OS][NK_MAX_OS]; /* [producer][consumer] */
	uint8_t reserved[4096];
};

/* OS region, docs/abi.md section 3. Written by that OS alone. */

#define NK_OS_MAGIC UINT64_C(0x30534F4B4E524E4E)
#define NK_CURSORS_OFFSET 4096u
#define NK_RINGS_OFFSET 12288u
#define NK_PANIC_TEXT_LENGTH 240u

struct nk_os_header {
	uint64_t magic;
	uint32_t revision;
	uint32_t os_id;
	uint32_t epoch;
	uint32_t reserved;
	uint64_t region_length;
	uint64_t reserved_identity[12];
	uint64_t heartbeat; /* release */
	uint64_t reserved_heartbeat[15];
	uint32_t panic_state; /* release */
	uint32_t panic_code;
	uint64_t panic_at;
	char panic_text[NK_PANIC_TEXT_LENGTH];
};

struct nk_cursors {
	/* As the producer of the ring to this peer. */
	uint64_t tail; /* release; partner: the consumer's acquire load */
	uint64_t next_sequence;
	uint64_t space_wake_at; /* release */
	uint32_t peer_epoch; /* release; the peer's epoch that this block is for, docs/abi.md section 3.2 */
	uint32_t times_wanted; /* 1: the consumer is to write taken_at and taken */
	uint64_t reserved_producer[12];
	/* As the consumer of the ring from this peer. */
	uint64_t head; /* release; partner: the producer's acquire load */
	uint64_t wake_at; /* release */
	uint64_t taken_at; /* CLOCK_MONOTONIC in ns, before taken */
	uint64_t taken; /* release; the head at that time */
	uint64_t reserved_consumer[12];
};

struct nk_os_region {
	struct nk_os_header header;
	uint8_t reserved[NK_CURSORS_OFFSET - sizeof(struct nk_os_header)];
	struct nk_cursors cursors[NK_MAX_OS];
};

/* Ring, docs/abi.md section 4. */

#define NK_RECORD_ALIGNMENT 8u
#define NK_RECORD_HEADER_LENGTH 36u
#define NK_VNET_HDR_LENGTH 12u

enum nk_record_type { NK_RECORD_PADDING = 1, NK_RECORD_ETHERNET = 2, NK_RECORD_MESSAGE = 3 };

struct nk_record {
	uint32_t length;
	uint16_t type;
	uint16_t flags;
	uint64_t sequence;
	uint64_t enqueued_at;
	uint8_t vnet_hdr[NK_VNET_HDR_LENGTH];
	uint8_t payload[];
};

/* Bytes that a record with this payload occupies in a ring. */
static inline uint64_t nk_record_span(uint32_t length)
{
	return ((uint64_t)length + NK_RECORD_HEADER_LENGTH + NK_RECORD_ALIGNMENT - 1) & ~(uint64_t)(NK_RECORD_ALIGNMENT - 1);
}

/* Attach socket, docs/abi.md section 5. */

#define NK_ATTACH_MAGIC 0x4B4E524Eu
#define NK_TOKEN_LENGTH 32u
#define NK_REFUSED_TEXT_LENGTH 240u

enum nk_attach_type {
	NK_ATTACH = 1,
	NK_ATTACHED = 2,
	NK_PEER = 3,
	NK_PEER_GONE = 4,
	NK_SYNCED = 5,
	NK_READY = 6,
	NK_REFUSED = 7,
	NK_PANIC = 8,
	NK_SILENT = 9, /* struct nk_peer_gone */
	NK_LIED = 10,  /* struct nk_peer_gone */
	NK_JOIN = 11,  /* struct nk_attach_request */
	NK_JOINED = 12,
	NK_OPEN_PORT = 13,
	NK_CLOSE_PORT = 14, /* struct nk_close */
	NK_CONNECT = 15,
	NK_CONNECTION = 16,
	NK_CLOSE = 17,
	NK_CLOSED = 18,
	NK_ANSWER = 19,
	NK_OPEN_MEMORY = 20,
	NK_MEMORY = 21,
	NK_OPEN_SYNC = 22,
	NK_SYNC = 23,
	NK_LIST = 24,
	NK_LISTING = 25,
};

enum nk_attach_error {
	NK_BAD_MAGIC = 1,
	NK_BAD_REVISION = 2,
	NK_BAD_MESSAGE = 3,
	NK_UNKNOWN_OS = 4,
	NK_BAD_TOKEN = 5,
	NK_BUSY = 6,
	NK_NOT_RUNNING = 7,
	NK_BAD_NAME = 8,
	NK_NAME_TAKEN = 9,
	NK_NO_SUCH_PORT = 10,
	NK_BAD_CAPACITY = 11,
	NK_LIMIT = 12,
	NK_NO_SUCH_MEMORY = 13,
	NK_READ_ONLY = 14,
	NK_BAD_LENGTH = 15,
	NK_BAD_SYNC = 16,
};

struct nk_attach_header {
	uint32_t magic;
	uint16_t revision;
	uint16_t type;
	uint32_t length;
	uint32_t reserved;
};

struct nk_attach_request {
	struct nk_attach_header header;
	char name[NK_NAME_LENGTH];
	uint8_t token[NK_TOKEN_LENGTH];
};

struct nk_attached {
	struct nk_attach_header header;
	uint32_t os_id;
	uint32_t epoch;
	uint64_t management_length;
	uint64_t region_length;
};

struct nk_peer {
	struct nk_attach_header header;
	uint32_t peer_id;
	uint32_t peer_epoch;
	uint64_t region_length;
};

struct nk_peer_gone {
	struct nk_attach_header header;
	uint32_t peer_id;
	uint32_t peer_epoch;
};

struct nk_refused {
	struct nk_attach_header header;
	uint32_t error;
	uint32_t reserved;
	char text[NK_REFUSED_TEXT_LENGTH];
};

/* Programs, docs/abi.md section 6. */

#define NK_MAX_MESSAGE 65536u
#define NK_HALF_EPOCH 1u

enum nk_message_kind { NK_MESSAGE_PLAIN = 0, NK_MESSAGE_REQUEST = 1, NK_MESSAGE_REPLY = 2 };

enum nk_closed_reason { NK_CLOSED_BY_PEER = 1, NK_CLOSED_PROGRAM_ENDED = 2, NK_CLOSED_EPOCH_ENDED = 3 };

/* What a message has in the place of the vnet_hdr; not aligned. */
struct nk_message_header {
	uint64_t tag;
	uint32_t kind;
} __attribute__((packed));

struct nk_joined {
	struct nk_attach_header header;
	uint32_t os_id;
	uint32_t epoch;
	uint32_t program_id;
	uint32_t reserved;
	uint64_t management_length;
};

struct nk_open_port {
	struct nk_attach_header header;
	uint32_t request;
	uint32_t capacity;
	char name[NK_NAME_LENGTH];
};

struct nk_close {
	struct nk_attach_header header;
	uint32_t id;
	uint32_t reserved;
};

struct nk_connect {
	struct nk_attach_header header;
	uint32_t request;
	uint32_t reserved;
	char os[NK_NAME_LENGTH];
	char port[NK_NAME_LENGTH];
};

struct nk_connection_grant {
	struct nk_attach_header header;
	uint32_t request;
	uint32_t connection_id;
	uint32_t port_id;
	uint32_t side;
	uint32_t peer_os_id;
	uint32_t peer_epoch;
	uint32_t peer_program_id;
	uint32_t reserved;
	uint64_t half_length;
};

struct nk_closed {
	struct nk_attach_header header;
	uint32_t id;
	uint32_t reason;
};

struct nk_answer {
	struct nk_attach_header header;
	uint32_t request;
	uint32_t error;
	uint32_t id;
	uint32_t reserved;
	char text[NK_REFUSED_TEXT_LENGTH];
};

struct nk_open_memory {
	struct nk_attach_header header;
	uint32_t request;
	uint32_t access;		/* 1: writable */
	uint64_t create_length;		/* 0: open */
	char os[NK_NAME_LENGTH];
	char name[NK_NAME_LENGTH];
};

struct nk_memory_grant {
	struct nk_attach_header header;
	uint32_t request;
	uint32_t id;
	uint32_t owner_os_id;
	uint32_t owner_epoch;
	uint32_t access;		/* 1: writable */
	uint32_t reserved;
	uint64_t length;
};

struct nk_open_sync {
	struct nk_attach_header header;
	uint32_t request;
	uint32_t kind;			/* enum nk_sync_kind */
	uint32_t initial;
	uint32_t limit;
	char name[NK_NAME_LENGTH];
};

struct nk_sync_grant {
	struct nk_attach_header header;
	uint32_t request;
	uint32_t id;
};

struct nk_list {
	struct nk_attach_header header;
	uint32_t request;
	uint32_t reserved;
};

struct nk_listing {
	struct nk_attach_header header;
	uint32_t request;
	uint32_t reserved;
	uint64_t text_length;
};

/* Page of a sync object, docs/abi.md section 6.1. */

#define NK_SYNC_MAGIC 0x304E59534B4E524Eull
#define NK_SYNC_LENGTH 4096u

enum nk_sync_kind {
	NK_SYNC_SEMAPHORE = 1,
	NK_SYNC_MANUAL_EVENT = 2,
	NK_SYNC_AUTO_EVENT = 3,
	NK_SYNC_BARRIER = 4,
	NK_SYNC_MUTEX = 5,
};

#define NK_SYNC_WAITERS 0x80000000u
#define NK_SYNC_MAX_UNITS 0x7fffffffu	/* and the mask of them */
#define NK_SYNC_EVENT_SET 1u
#define NK_SYNC_EVENT_COUNT 0x7ffffffeu	/* mask: how often a manual event was set */
#define NK_SYNC_MAX_PARTIES 1023u	/* and the mask of those that have arrived */
#define NK_SYNC_BROKEN 0x400u
#define NK_SYNC_PASSED 0x1ff800u	/* mask: how often all have come */
#define NK_SYNC_RESETS 0x7fe00000u	/* mask: how often it was reset */
#define NK_SYNC_HOLDER 0x3fffffffu	/* mask of the holder's program id */
#define NK_SYNC_DIED 0x40000000u

struct nk_sync_page {
	uint64_t magic;
	uint32_t kind;			/* enum nk_sync_kind */
	uint32_t limit;
	uint8_t reserved[48];
	uint32_t word;			/* atomic, and a futex */
};

#ifndef __cplusplus
#define NK_AT(type, field, offset) _Static_assert(offsetof(struct type, field) == (offset), #type "." #field)
#define NK_SIZE(type, size) _Static_assert(sizeof(struct type) == (size), #type)

NK_SIZE(nk_management_header, 128);
NK_AT(nk_management_header, boot_id, 16);
NK_AT(nk_management_header, region_length, 32);
NK_AT(nk_management_header, change_count, 40);
NK_AT(nk_management_header, heartbeat, 64);
NK_SIZE(nk_os_entry, 256);
NK_AT(nk_os_entry, id, 32);
NK_AT(nk_os_entry, state, 40);
NK_AT(nk_os_entry, epoch, 44);
NK_AT(nk_os_entry, region_length, 48);
NK_AT(nk_os_entry, started_at, 56);
NK_AT(nk_os_entry, heartbeat_period_ms, 64);
NK_AT(nk_os_entry, restart_count, 72);
NK_AT(nk_os_entry, last_failure_at, 80);
NK_AT(nk_os_entry, mac, 88);
NK_AT(nk_os_entry, incarnation, 96);
NK_SIZE(nk_ring_entry, 64);
NK_AT(nk_ring_entry, data_offset, 16);
NK_AT(nk_ring_entry, capacity, 24);
NK_AT(nk_management, os, NK_OS_TABLE_OFFSET);
NK_AT(nk_management, ring, NK_RING_DIRECTORY_OFFSET);
NK_SIZE(nk_management, NK_MANAGEMENT_LENGTH);
NK_AT(nk_os_header, region_length, 24);
NK_AT(nk_os_header, heartbeat, 128);
NK_AT(nk_os_header, panic_state, 256);
NK_AT(nk_os_header, panic_text, 272);
NK_SIZE(nk_os_header, 512);
NK_SIZE(nk_cursors, 256);
NK_AT(nk_cursors, next_sequence, 8);
NK_AT(nk_cursors, space_wake_at, 16);
NK_AT(nk_cursors, peer_epoch, 24);
NK_AT(nk_cursors, head, 128);
NK_AT(nk_cursors, wake_at, 136);
NK_AT(nk_cursors, times_wanted, 28);
NK_AT(nk_cursors, taken_at, 144);
NK_AT(nk_cursors, taken, 152);
NK_AT(nk_os_region, cursors, NK_CURSORS_OFFSET);
NK_SIZE(nk_os_region, NK_RINGS_OFFSET);
NK_AT(nk_record, sequence, 8);
NK_AT(nk_record, enqueued_at, 16);
NK_AT(nk_record, vnet_hdr, 24);
NK_AT(nk_record, payload, NK_RECORD_HEADER_LENGTH);
NK_SIZE(nk_attach_header, 16);
NK_SIZE(nk_attach_request, 80);
NK_SIZE(nk_attached, 40);
NK_SIZE(nk_peer, 32);
NK_SIZE(nk_peer_gone, 24);
NK_SIZE(nk_refused, 264);
NK_SIZE(nk_message_header, NK_VNET_HDR_LENGTH);
NK_SIZE(nk_joined, 40);
NK_SIZE(nk_open_port, 56);
NK_SIZE(nk_close, 24);
NK_SIZE(nk_connect, 88);
NK_SIZE(nk_connection_grant, 56);
NK_SIZE(nk_closed, 24);
NK_SIZE(nk_answer, 272);
NK_SIZE(nk_open_memory, 96);
NK_SIZE(nk_memory_grant, 48);
NK_SIZE(nk_open_sync, 64);
NK_SIZE(nk_sync_grant, 24);
NK_SIZE(nk_list, 24);
NK_SIZE(nk_listing, 32);
NK_AT(nk_sync_page, word, 64);

#undef NK_AT
#undef NK_SIZE
#endif

#endif
